/**
 * Training steps on the device: the data set, the order of rows, parameters and optimiser state stay there. One submit
 * runs many steps. Before each, `PREPARE` gathers the rows and writes the inputs of the step; after each, `RECORD`
 * stores the outputs and increments the step counter (`wgsl/steps.ts`). The host waits once for all of them, and may
 * send the next submit before that.
 *
 * Nothing is created per step: buffers and bind groups are made with the stepper. Data larger than one binding is split
 * into chunks of whole rows.
 */
import type { DeviceData, DeviceStepper, StepInputs } from "../backend.ts";
import type { Device } from "./device.ts";
import { gridOf } from "./limits.ts";
import type { GpuProgram } from "./program.ts";
import type { GpuSegment } from "./segment.ts";
import { chunksOf, type Field, prepareWords, recordWords } from "./step_layout.ts";
import { PREPARE, RECORD, STEP_HEADER } from "./wgsl/steps.ts";

/** Maximum steps per submit. */
const MAX_STEPS = 64;

export class WebgpuStepper implements DeviceStepper {
  readonly maxSteps = MAX_STEPS;
  readonly #device: Device;
  readonly #program: GpuProgram;
  readonly #segments: readonly GpuSegment[];
  /** Two backups of each segment: before the last submit, and before the one before it. */
  readonly #backups: readonly (readonly GPUBuffer[])[];
  /** Index of the latest backup. */
  #latestBackup = 0;
  readonly #buffers: GPUBuffer[] = [];
  readonly #steps: GPUBuffer;
  readonly #order: GPUBuffer;
  readonly #results: GPUBuffer;
  readonly #counter: GPUBuffer;
  readonly #stepWords: number;
  readonly #floats: readonly Field[];
  readonly #outputs: readonly Field[];
  readonly #prepare: readonly [GPUComputePipeline, readonly GPUBindGroup[]];
  readonly #record: readonly [GPUComputePipeline, GPUBindGroup];
  readonly #groups: readonly [x: number, y: number];

  constructor(
    device: Device,
    program: GpuProgram,
    parameters: GpuSegment,
    state: GpuSegment,
    { data, columns, orderLength }: DeviceData,
  ) {
    const { plan } = program;
    this.#device = device;
    this.#program = program;
    this.#segments = [parameters, state];
    this.#backups = [0, 1].map(() => this.#segments.map(({ length }) => this.#buffer(length)));
    const inputs = [...plan.inputs.keys()];
    const isFloat = (name: string) => !["x", "key", "reference"].includes(name);
    this.#floats = inputs.filter(isFloat).map((name) => ({
      name,
      size: program.placeOf(name).size,
    }));
    this.#outputs = [...plan.outputs.keys()].map((name) => ({
      name,
      size: program.placeOf(name).size,
    }));
    const floats = this.#floats.reduce((sum, { size }) => sum + size, 0);
    this.#stepWords = STEP_HEADER + floats;
    this.#steps = this.#buffer(MAX_STEPS * this.#stepWords);
    this.#order = this.#buffer(1 + orderLength);
    this.#counter = this.#buffer(1);
    const resultWords = this.#outputs.reduce((sum, { size }) => sum + size, 0);
    this.#results = this.#buffer(MAX_STEPS * resultWords);
    this.#record = this.#makeRecord(resultWords);
    this.#prepare = this.#makePrepare(data, columns);
    const reference = plan.inputs.get("reference")?.shape.rows ?? 0;
    this.#groups = gridOf(plan.capacity + reference);
  }

  get dispatches(): number {
    const [, chunks] = this.#prepare;
    return chunks.length + this.#program.dispatches + 1;
  }

  setOrder(order: Uint32Array<ArrayBuffer>): void {
    this.#device.requireAlive();
    this.#device.write(this.#order, 0, new Uint32Array([order.length]));
    this.#device.write(this.#order, 1, order);
  }

  push(parameters: ArrayLike<number>, state: ArrayLike<number>): void {
    this.#segments[0].write(0, parameters);
    this.#segments[1].write(0, state);
  }

  async pull(parameters: Float32Array, state: Float32Array): Promise<void> {
    await Promise.all([this.#segments[0].read(0, parameters), this.#segments[1].read(0, state)]);
  }

  async runSteps(steps: readonly StepInputs[]): Promise<ReadonlyMap<string, Float64Array>[]> {
    this.#device.requireAlive();
    this.#writeSteps(steps);
    this.#latestBackup = 1 - this.#latestBackup;
    const backups = this.#backups[this.#latestBackup];
    this.#device.submit((encoder) => {
      this.#segments.forEach(({ buffer }, i) => {
        encoder.copyBufferToBuffer(buffer, 0, backups[i], 0, buffer.size);
      });
      const pass = encoder.beginComputePass();
      for (let i = 0; i < steps.length; i++) this.#encode(pass);
      pass.end();
    });
    return await this.#readResults(steps.length);
  }

  #encode(pass: GPUComputePassEncoder): void {
    const [prepare, chunks] = this.#prepare, [record, recordGroup] = this.#record;
    pass.setPipeline(prepare);
    for (const chunk of chunks) {
      pass.setBindGroup(0, chunk);
      pass.dispatchWorkgroups(...this.#groups);
    }
    this.#program.encode(pass);
    pass.setPipeline(record);
    pass.setBindGroup(0, recordGroup);
    pass.dispatchWorkgroups(1);
  }

  undo(calls: 1 | 2): void {
    const backups = this.#backups[calls === 1 ? this.#latestBackup : 1 - this.#latestBackup];
    this.#device.submit((encoder) => {
      this.#segments.forEach(({ buffer }, i) => {
        encoder.copyBufferToBuffer(backups[i], 0, buffer, 0, buffer.size);
      });
    });
  }

  dispose(): void {
    for (const buffer of this.#buffers) this.#device.release(buffer);
    this.#program.dispose();
    for (const segment of this.#segments) segment.dispose();
  }

  #writeSteps(steps: readonly StepInputs[]): void {
    const words = new Uint32Array(steps.length * this.#stepWords);
    const floats = new Float32Array(words.buffer);
    steps.forEach(({ rows, first, key, floats: given }, i) => {
      let at = i * this.#stepWords;
      words.set([rows, first, ...key], at);
      at += STEP_HEADER;
      for (const { name, size } of this.#floats) {
        floats.set(given.get(name)!, at);
        at += size;
      }
    });
    this.#device.write(this.#steps, 0, words);
    this.#device.write(this.#counter, 0, new Uint32Array(1));
  }

  async #readResults(count: number): Promise<ReadonlyMap<string, Float64Array>[]> {
    const width = this.#outputs.reduce((sum, { size }) => sum + size, 0);
    const all = new Float64Array(count * width);
    await this.#device.read(this.#results, 0, all);
    return Array.from({ length: count }, (_, i) => {
      let at = i * width;
      return new Map(this.#outputs.map(({ name, size }) => [name, all.slice(at, at += size)]));
    });
  }

  #makeRecord(width: number): [GPUComputePipeline, GPUBindGroup] {
    const pipeline = this.#pipeline(RECORD);
    const group = this.#group(pipeline, [
      this.#filled(recordWords(this.#program, this.#outputs, width)),
      this.#program.scratchBuffer,
      this.#results,
      this.#counter,
    ]);
    return [pipeline, group];
  }

  #makePrepare(
    data: Float32Array<ArrayBuffer>,
    columns: number,
  ): [GPUComputePipeline, GPUBindGroup[]] {
    const pipeline = this.#pipeline(PREPARE);
    const chunks = chunksOf(data.length / columns, columns, this.#device.gpu.limits);
    const groups = chunks.map(({ first, count }) => {
      const layout = { stepWords: this.#stepWords, columns, floats: this.#floats, first, count };
      return this.#group(pipeline, [
        this.#filled(prepareWords(this.#program, layout)),
        this.#steps,
        this.#order,
        this.#filled(data.subarray(first * columns, (first + count) * columns)),
        this.#counter,
        this.#program.scratchBuffer,
        this.#program.control,
      ]);
    });
    return [pipeline, groups];
  }

  #pipeline(code: string): GPUComputePipeline {
    return this.#device.call((gpu) => {
      const module = gpu.createShaderModule({ code });
      return gpu.createComputePipeline({ layout: "auto", compute: { module } });
    });
  }

  #group(pipeline: GPUComputePipeline, buffers: readonly GPUBuffer[]): GPUBindGroup {
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    return this.#device.call((gpu) =>
      gpu.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries })
    );
  }

  #buffer(elements: number): GPUBuffer {
    const buffer = this.#device.buffer(elements);
    this.#buffers.push(buffer);
    return buffer;
  }

  #filled(words: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>): GPUBuffer {
    const buffer = this.#buffer(words.length);
    this.#device.write(buffer, 0, words);
    return buffer;
  }
}
