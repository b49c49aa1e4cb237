/**
 * Owned memory: the host (an instance of the kernels with its memory), allocations in it, and the segments shared by
 * the programs of one model. Using anything that was disposed throws.
 */
import type { Segment } from "../backend.ts";
import { disposed, requireRange } from "./checks.ts";
import { LinearMemory } from "./memory.ts";
import type { Threads } from "./threads/threads.ts";

/** An instance of the kernels, its memory and its threads. */
export class Host {
  readonly threads: Threads;
  readonly memory: LinearMemory;
  /** Whether the kernels lack those that only training runs. */
  readonly forwardOnly: boolean;
  #open = true;

  constructor(threads: Threads, forwardOnly: boolean) {
    const { kernels } = threads;
    this.threads = threads;
    this.forwardOnly = forwardOnly;
    this.memory = new LinearMemory(kernels.memory, kernels.heapBase());
  }

  /** Executes `count` records at byte address `list`, with the available helpers. */
  run(list: number, count: number, batchRows: number): void {
    try {
      this.threads.kernels.run(list, count, batchRows);
    } catch (error) {
      // Helpers may still be working on the failed run.
      this.threads.dismiss("Run failed");
      throw error;
    }
  }

  /** The same, on this thread only. */
  runAlone(list: number, count: number, batchRows: number): void {
    this.threads.kernels.runAlone(list, count, batchRows);
  }

  close(): void {
    this.#open = false;
    this.threads.dismiss();
  }

  requireOpen(action: string): void {
    if (!this.#open) throw disposed(action, "backend");
  }
}

/** Elements of a host's memory, from allocation to disposal. */
export class Allocation {
  readonly host: Host;
  readonly length: number;
  /** Counts writes, so that copies in another format can tell when they are stale. */
  version = 0;
  readonly #index: number;
  #live = true;

  constructor(host: Host, length: number) {
    host.requireOpen("allocate");
    this.host = host;
    this.length = length;
    this.#index = host.memory.allocate(length);
  }

  /** Its first element. @throws DOMException after disposal */
  index(action: string): number {
    this.host.requireOpen(action);
    if (!this.#live) throw disposed(action, "program or segment");
    return this.#index;
  }

  /** All of them; only until memory grows. */
  view(action: string): Float32Array {
    const first = this.index(action);
    return this.host.memory.f32.subarray(first, first + this.length);
  }

  dispose(): void {
    if (this.#live) this.host.memory.free(this.#index);
    this.#live = false;
  }
}

export class WasmSegment implements Segment {
  readonly length: number;
  readonly memory: Allocation;

  constructor(host: Host, length: number) {
    this.length = length;
    this.memory = new Allocation(host, length);
  }

  write(offset: number, values: ArrayLike<number>): void {
    requireRange("write segment", offset, values.length, this.length);
    this.memory.host.memory.f32.set(values, this.memory.index("write segment") + offset);
    this.memory.version++;
  }

  read(offset: number, into: Float32Array | Float64Array): void {
    requireRange("read segment", offset, into.length, this.length);
    const first = this.memory.index("read segment") + offset;
    into.set(this.memory.host.memory.f32.subarray(first, first + into.length));
  }

  dispose(): void {
    this.memory.dispose();
  }
}

/** @throws TypeError if the segment belongs to another host */
export function allocationOf(host: Host, segment: Segment): Allocation {
  if (segment instanceof WasmSegment && segment.memory.host === host) return segment.memory;
  throw new TypeError("Cannot compile: the segment belongs to another backend");
}
