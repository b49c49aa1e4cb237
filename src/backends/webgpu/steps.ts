/**
 * Training steps on the device: data set, order of rows, parameters and optimiser state stay there. One
 * submit takes many steps; before each, `PREPARE` picks the rows and writes what changes with the step,
 * and after each `RECORD` keeps what it gave and counts on. The host waits once for all of them.
 *
 *   PREPARE   one workgroup for each row of the batch and of the reference; once for each chunk of the data
 *   RECORD    one workgroup
 *
 * Nothing is created for a step: buffers and bind groups are made with the stepper. Data beyond one binding
 * lies in chunks of whole rows.
 */
import type { Plan } from "../../graph/plan.ts";
import type { DeviceData, StepInputs, Stepper } from "../backend.ts";
import type { Device } from "./device.ts";
import { gridOf } from "./limits.ts";
import type { GpuProgram } from "./program.ts";
import type { GpuSegment } from "./segment.ts";

/** Words of the layout: see \`PREPARE\`. */
const HEADER = 10;
/** Words of a step before its floats: rows, first row, key. */
const STEP_HEADER = 6;

const PREPARE = `
@group(0) @binding(0) var<storage, read> places: array<u32>;
@group(0) @binding(1) var<storage, read> steps: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> data: array<f32>;
@group(0) @binding(4) var<storage, read> counter: array<u32>;
@group(0) @binding(5) var<storage, read_write> scratch: array<f32>;
@group(0) @binding(6) var<storage, read_write> control: array<u32>;
// places: words of a step, columns, x, capacity, reference, reference rows, key, floats, chunk's first
// row, chunk's rows; then where each float goes.
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) counts: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let group = id.x + id.y * counts.x;
  if (group >= places[3] + places[5]) { return; }
  let step = counter[0] * places[0];
  let rows = steps[step];
  if (group == 0u && local == 0u) {
    control[0] = rows;
    for (var i = 0u; i < 4u; i++) { control[places[6] + i] = steps[step + 2u + i]; }
    for (var i = 0u; i < places[7]; i++) {
      scratch[places[${HEADER}u + i]] = bitcast<f32>(steps[step + ${STEP_HEADER}u + i]);
    }
  }
  let isReference = group >= places[3];
  if (!isReference && group >= rows) { return; }
  let inPart = select(group, group - places[3], isReference);
  let position = steps[step + 1u] + inPart + select(0u, rows, isReference);
  let row = order[1u + position % order[0]];
  if (row < places[8] || row >= places[8] + places[9]) { return; }
  let target_ = select(places[2], places[4], isReference) + inPart * places[1];
  let source = (row - places[8]) * places[1];
  for (var col = local; col < places[1]; col += 64u) {
    scratch[target_ + col] = data[source + col];
  }
}`;

const RECORD = `
@group(0) @binding(0) var<storage, read> copies: array<u32>;
@group(0) @binding(1) var<storage, read> scratch: array<f32>;
@group(0) @binding(2) var<storage, read_write> results: array<f32>;
@group(0) @binding(3) var<storage, read_write> counter: array<u32>;
// copies: words of a result, number of copies; then source, length and target of each.
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  let step = counter[0];
  for (var i = 0u; i < copies[1]; i++) {
    let source = copies[2u + 3u * i];
    let target_ = step * copies[0] + copies[4u + 3u * i];
    for (var k = local; k < copies[3u + 3u * i]; k += 64u) {
      results[target_ + k] = scratch[source + k];
    }
  }
  storageBarrier();
  workgroupBarrier();
  if (local == 0u) { counter[0] = step + 1u; }
}`;

const STORAGE = 0x80 | 0x8 | 0x4; // GPUBufferUsage.STORAGE | COPY_DST | COPY_SRC

/** Most steps of one submit. */
const MOST = 64;

export class GpuStepper implements Stepper {
  readonly most = MOST;
  readonly #device: Device;
  readonly #program: GpuProgram;
  readonly #segments: readonly GpuSegment[];
  readonly #backups: readonly GPUBuffer[];
  readonly #buffers: GPUBuffer[] = [];
  readonly #steps: GPUBuffer;
  readonly #order: GPUBuffer;
  readonly #results: GPUBuffer;
  readonly #counter: GPUBuffer;
  readonly #stepWords: number;
  readonly #floats: readonly { readonly name: string; readonly size: number }[];
  readonly #outputs: readonly { readonly name: string; readonly size: number }[];
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
    this.#backups = this.#segments.map(({ length }) => this.#buffer(length));
    const inputs = [...plan.inputs.keys()];
    const isFloat = (name: string) => !["x", "key", "reference"].includes(name);
    this.#floats = inputs.filter(isFloat).map((name) => ({ name, size: program.place(name).size }));
    this.#outputs = [...plan.outputs.keys()].map((name) => ({
      name,
      size: program.place(name).size,
    }));
    const floats = this.#floats.reduce((sum, { size }) => sum + size, 0);
    this.#stepWords = STEP_HEADER + floats;
    this.#steps = this.#buffer(MOST * this.#stepWords);
    this.#order = this.#buffer(1 + orderLength);
    this.#counter = this.#buffer(1);
    const resultWords = this.#outputs.reduce((sum, { size }) => sum + size, 0);
    this.#results = this.#buffer(MOST * resultWords);
    this.#record = this.#makeRecord(resultWords);
    this.#prepare = this.#makePrepare(plan, data, columns);
    const reference = plan.inputs.get("reference")?.shape.rows ?? 0;
    this.#groups = gridOf(plan.capacity + reference);
  }

  get dispatches(): number {
    const [, chunks] = this.#prepare;
    return chunks.length + this.#program.dispatches + 1;
  }

  setOrder(order: Uint32Array<ArrayBuffer>): void {
    this.#device.requireSound();
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

  async take(steps: readonly StepInputs[]): Promise<ReadonlyMap<string, Float64Array>[]> {
    this.#device.requireSound();
    this.#writeSteps(steps);
    this.#device.submit((encoder) => {
      this.#segments.forEach(({ buffer }, i) => {
        encoder.copyBufferToBuffer(buffer, 0, this.#backups[i], 0, buffer.size);
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

  /** Back to before the last `take`. */
  undo(): void {
    this.#device.submit((encoder) => {
      this.#segments.forEach(({ buffer }, i) => {
        encoder.copyBufferToBuffer(this.#backups[i], 0, buffer, 0, buffer.size);
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
    let target = 0;
    const copies = this.#outputs.map(({ name, size }) => {
      const { home, offset } = this.#program.place(name);
      if (home !== "scratch") throw new TypeError(`Cannot train on the GPU: ${name} is no result`);
      const copy = [offset, size, target];
      target += size;
      return copy;
    });
    const words = new Uint32Array([width, copies.length, ...copies.flat()]);
    const buffer = this.#filled(words);
    const pipeline = this.#pipeline(RECORD);
    const group = this.#group(pipeline, [
      buffer,
      this.#program.scratchBuffer,
      this.#results,
      this.#counter,
    ]);
    return [pipeline, group];
  }

  #makePrepare(
    plan: Plan,
    data: Float32Array<ArrayBuffer>,
    columns: number,
  ): [GPUComputePipeline, GPUBindGroup[]] {
    const at = (name: string) => plan.inputs.has(name) ? this.#program.place(name).offset : 0;
    const targets = this.#floats.flatMap(({ name, size }) =>
      Array.from({ length: size }, (_, i) => at(name) + i)
    );
    const reference = plan.inputs.get("reference")?.shape.rows ?? 0;
    const pipeline = this.#pipeline(PREPARE);
    const { maxStorageBufferBindingSize, maxBufferSize } = this.#device.gpu.limits;
    const bytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
    const rows = data.length / columns, most = Math.floor(bytes / 4 / columns);
    const groups: GPUBindGroup[] = [];
    for (let first = 0; first < rows; first += most) {
      const count = Math.min(most, rows - first);
      const header = [this.#stepWords, columns, at("x"), plan.capacity, at("reference"), reference];
      const layout = new Uint32Array([
        ...header,
        ...[at("key"), targets.length, first, count],
        ...targets,
      ]);
      const chunk = this.#filled(data.subarray(first * columns, (first + count) * columns));
      groups.push(this.#group(pipeline, [
        this.#filled(layout),
        this.#steps,
        this.#order,
        chunk,
        this.#counter,
        this.#program.scratchBuffer,
        this.#program.control,
      ]));
    }
    return [pipeline, groups];
  }

  #pipeline(code: string): GPUComputePipeline {
    const module = this.#device.gpu.createShaderModule({ code });
    return this.#device.gpu.createComputePipeline({ layout: "auto", compute: { module } });
  }

  #group(pipeline: GPUComputePipeline, buffers: readonly GPUBuffer[]): GPUBindGroup {
    return this.#device.gpu.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  #buffer(elements: number): GPUBuffer {
    const buffer = this.#device.buffer(elements, STORAGE);
    this.#buffers.push(buffer);
    return buffer;
  }

  #filled(words: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>): GPUBuffer {
    const buffer = this.#buffer(words.length);
    this.#device.write(buffer, 0, words);
    return buffer;
  }
}
