/**
 * A segment in a GPU buffer. Writes are queued; reads wait for everything queued before. A segment of halves is written
 * only by the host, which keeps a copy.
 */
import { sizeAt } from "../../core/shape.ts";
import type { Plan, SegmentName } from "../../graph/plan.ts";
import { fromHalf, HALF_OVERFLOW, toNormalHalf } from "../../core/bytes/half.ts";
import { LimitError, type Segment, type SegmentFormat, type Segments } from "../backend.ts";
import { disposed, requireRange } from "../checks.ts";
import type { Device } from "./device.ts";
import { asFloat32, type ProgramBuffers } from "./program.ts";

export class GpuSegment implements Segment {
  readonly length: number;
  readonly buffer: GPUBuffer;
  readonly device: Device;
  readonly format: SegmentFormat;
  readonly #halves?: Uint16Array<ArrayBuffer>;
  #live = true;

  constructor(device: Device, length: number, format: SegmentFormat = "f32") {
    this.length = length;
    this.device = device;
    this.format = format;
    const words = format === "f16" ? Math.ceil(length / 2) : length;
    if (format === "f16") this.#halves = new Uint16Array(2 * words);
    this.buffer = device.buffer(words);
  }

  write(offset: number, values: ArrayLike<number>): void {
    requireRange("write segment", offset, values.length, this.length);
    this.#requireLive("write segment");
    if (this.#halves) this.#writeHalves(this.#halves, offset, values);
    else this.device.write(this.buffer, offset, asFloat32(values));
  }

  async read(offset: number, into: Float32Array | Float64Array): Promise<void> {
    requireRange("read segment", offset, into.length, this.length);
    this.#requireLive("read segment");
    if (this.#halves) {
      into.set(Array.from(this.#halves.subarray(offset, offset + into.length), fromHalf));
    } else await this.device.read(this.buffer, offset, into);
  }

  dispose(): void {
    this.#live = false;
    this.device.release(this.buffer);
  }

  /** Writes whole words of two halves each. */
  #writeHalves(halves: Uint16Array<ArrayBuffer>, offset: number, values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) {
      halves[offset + i] = toNormalHalf(values[i]);
      if (Number.isFinite(fromHalf(halves[offset + i]))) continue;
      throw new LimitError(
        `Cannot keep parameters as f16: each must be below ${HALF_OVERFLOW}, got ${values[i]}`,
      );
    }
    const first = offset >> 1, end = (offset + values.length + 1) >> 1;
    const words = new Uint32Array(halves.buffer, 4 * first, end - first);
    this.device.write(this.buffer, first, words);
  }

  #requireLive(action: string): void {
    if (!this.#live) throw disposed(action, "segment");
    this.device.requireAlive();
  }
}

/**
 * The buffers of a plan's segments.
 * @param empty replace segments that the plan does not use
 * @throws TypeError if a segment belongs to another device, RangeError if a place is outside it
 */
export function buffersOf(
  device: Device,
  plan: Plan,
  segments: Segments,
  empty: ProgramBuffers,
): ProgramBuffers {
  const own = (segment: Segment | undefined): GpuSegment | undefined => {
    if (!segment || segment instanceof GpuSegment && segment.device === device) return segment;
    throw new TypeError("Cannot compile: the segment belongs to another backend");
  };
  const shared = { parameters: own(segments.parameters), state: own(segments.state) };
  const places = plan.instructions.flatMap(({ inputs, output }) => [...inputs, output]);
  for (const { segment, offset, shape } of [...places, ...plan.outputs.values()]) {
    const length = lengthOf(shared, segment, plan);
    requireRange(`place ${segment}`, offset, sizeAt(shape, plan.capacity), length);
  }
  return {
    parameters: shared.parameters?.buffer ?? empty.parameters,
    state: shared.state?.buffer ?? empty.state,
  };
}

function lengthOf(
  shared: { readonly parameters?: GpuSegment; readonly state?: GpuSegment },
  segment: SegmentName,
  { scratchLength }: Plan,
): number {
  if (segment === "scratch") return scratchLength;
  const found = shared[segment];
  if (found) return found.length;
  throw new RangeError(`Cannot compile: the plan needs a segment for ${segment}`);
}
