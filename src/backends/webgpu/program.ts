/**
 * A compiled plan on the GPU. Pipelines, the bind group and dispatch sizes are created once. A run writes its row
 * count, encodes the dispatches and submits them. Only `read` waits.
 */
import type { Plan } from "../../graph/plan.ts";
import type { Program } from "../backend.ts";
import { disposed, named, requireRange, requireRows, requireWords } from "../checks.ts";
import type { Device } from "./device.ts";
import type { Emitted } from "./emit.ts";
import { CONTROL_WORDS, INFINITY_BITS, NAN_BITS } from "./layout.ts";
import type { Pipelines } from "./pipelines.ts";
import type { Value } from "./values.ts";

/** The shared buffers that a program's shaders use. */
export interface ProgramBuffers {
  readonly parameters: GPUBuffer;
  readonly state: GPUBuffer;
}

interface Port {
  readonly value: Value;
  readonly limit: number;
  readonly integer: boolean;
}

export class GpuProgram implements Program {
  readonly plan: Plan;
  readonly scratchBuffer: GPUBuffer;
  readonly control: GPUBuffer;
  readonly #device: Device;
  readonly #records: GPUBuffer;
  readonly #group: GPUBindGroup;
  readonly #buffers: ProgramBuffers;
  readonly #steps: readonly {
    readonly pipeline: GPUComputePipeline;
    readonly offset: number;
    readonly groups: readonly [number, number];
  }[];
  readonly #inputs: ReadonlyMap<string, Port>;
  readonly #outputs: ReadonlyMap<string, Port>;
  readonly #rows = new Uint32Array(1);
  #live = true;

  constructor(
    device: Device,
    pipelines: Pipelines,
    plan: Plan,
    emitted: Emitted,
    buffers: ProgramBuffers,
  ) {
    this.plan = plan;
    this.#device = device;
    const { values, records, window } = emitted;
    this.scratchBuffer = device.buffer(emitted.scratchLength);
    this.control = device.buffer(values.controlLength);
    this.#records = device.buffer(records.length);
    device.write(this.#records, 0, records);
    const constant = new Uint32Array([0, INFINITY_BITS, NAN_BITS]);
    device.write(this.control, 0, constant);
    this.#writeConstants(values.constants);
    this.#group = pipelines.bindGroup([
      buffers.parameters,
      buffers.state,
      this.scratchBuffer,
      this.control,
      this.#records,
    ], window);
    this.#steps = emitted.dispatches.map(({ shader, offset, groups }) => ({
      pipeline: pipelines.get(shader),
      offset,
      groups,
    }));
    const port = (value: Value, integer: boolean) => ({ value, limit: value.size, integer });
    this.#inputs = new Map([...values.inputs].map(([name, value]) => {
      return [name, port(value, value.home === "control")];
    }));
    this.#outputs = new Map([...values.outputs].map(([name, value]) => [name, port(value, false)]));
    this.#buffers = buffers;
  }

  /** Number of dispatches per run. */
  get dispatches(): number {
    return this.#steps.length;
  }

  write(name: string, values: ArrayLike<number>): void {
    this.#requireLive("write");
    const { value, limit, integer } = named(this.#inputs, "write", name);
    requireRange(`write input "${name}"`, 0, values.length, limit);
    if (integer) requireWords(name, values);
    const words = integer ? Uint32Array.from(values) : asFloat32(values);
    const buffer = integer ? this.control : this.scratchBuffer;
    this.#device.write(buffer, value.offset, words);
  }

  /** @param times consecutive runs in one submit, for timing */
  run(rows: number, times = 1): void {
    requireRows(rows, this.plan.capacity);
    this.#requireLive("run");
    this.#rows[0] = rows;
    this.#device.write(this.control, CONTROL_WORDS.rows, this.#rows);
    this.#device.submit((encoder) => {
      const pass = encoder.beginComputePass();
      for (let i = 0; i < times; i++) this.encode(pass);
      pass.end();
    });
  }

  /** Encodes the dispatches of one run. */
  encode(pass: GPUComputePassEncoder): void {
    for (const { pipeline, offset, groups: [x, y] } of this.#steps) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, this.#group, [offset]);
      pass.dispatchWorkgroups(x, y);
    }
  }

  async read(name: string, into: Float32Array | Float64Array): Promise<void> {
    this.#requireLive("read");
    const { value, limit } = named(this.#outputs, "read", name);
    requireRange(`read output "${name}"`, 0, into.length, limit);
    await this.#device.read(this.#bufferOf(value), value.offset, into);
  }

  /** The location of an input or output, for reading or writing it on the device. */
  placeOf(
    name: string,
  ): { readonly home: Value["home"]; readonly offset: number; readonly size: number } {
    const known = this.#inputs.get(name) ?? named(this.#outputs, "find", name);
    const { home, offset, size } = known.value;
    return { home, offset, size };
  }

  dispose(): void {
    if (!this.#live) return;
    this.#live = false;
    for (const buffer of [this.scratchBuffer, this.control, this.#records]) {
      this.#device.release(buffer);
    }
  }

  #requireLive(action: string): void {
    if (!this.#live) throw disposed(action, "program");
    this.#device.requireAlive();
  }

  #bufferOf({ home }: Value): GPUBuffer {
    if (home === "scratch") return this.scratchBuffer;
    return home === "control" ? this.control : this.#buffers[home];
  }

  #writeConstants(values: readonly Value[]): void {
    this.plan.constants.forEach(({ value, step, place: { shape } }, i) => {
      const elements = Float32Array.from({ length: shape.cols }, (_, c) => value + step * c);
      this.#device.write(this.scratchBuffer, values[i].offset, elements);
    });
  }
}

export function asFloat32(values: ArrayLike<number>): Float32Array<ArrayBuffer> {
  return values instanceof Float32Array && values.buffer instanceof ArrayBuffer
    ? values as Float32Array<ArrayBuffer>
    : Float32Array.from(values);
}
