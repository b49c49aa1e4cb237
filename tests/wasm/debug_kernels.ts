/**
 * Runs one kernel of the debug build on tensors between guard bands: the test fails if a kernel writes outside its
 * output, or to an input. Tensors are aligned to 4 bytes and no more, and outputs are NaN before the call. `deno task
 * build --debug` writes the build; `deno task test` runs it first.
 */
import { deepEqual } from "node:assert/strict";
import { instantiateSync } from "npm:@assemblyscript/loader@0.28.20";

/** Elements before and after each tensor: more than any vector or tile of a kernel. */
const GUARD = 33;
const CANARY = 0x7fc0_e1b0; // a NaN that nothing else produces
const PAGE_BYTES = 65536;

type Kernel = (...args: readonly number[]) => void;
const BYTES = Deno.readFileSync(new URL("../../build/debug.wasm", import.meta.url));
const { exports } = instantiateSync<Record<string, unknown>>(BYTES);
const memory = exports.memory as unknown as WebAssembly.Memory;
const start = memory.buffer.byteLength / 4;

/** A tensor in memory, for one call. */
interface Region {
  readonly index: number;
  readonly length: number;
  /** What it must still hold after the call; undefined for an output. */
  readonly kept?: Uint32Array;
}

/** Memory for the operands of one kernel call. */
export class Workbench {
  #next = start;
  readonly #regions: Region[] = [];

  /** The pointer of an operand with these values. */
  input(values: ArrayLike<number>): number {
    const index = this.#place(values.length);
    floats().set(values, index);
    this.#regions.push({ index, length: values.length, kept: words(index, values.length) });
    return 4 * index;
  }

  /** The pointer of an operand that the kernel may change. */
  output(length: number, values?: ArrayLike<number>): number {
    const index = this.#place(length);
    if (values) floats().set(values, index);
    this.#regions.push({ index, length });
    return 4 * index;
  }

  /** Calls a kernel by name, and checks everything that it must not change. */
  call(name: string, ...args: readonly number[]): void {
    (exports[name] as Kernel)(...args);
    const used = floats().buffer;
    let from = start;
    for (const { index, length, kept } of this.#regions) {
      const guard = new Uint32Array(used, 4 * from, index - from);
      deepEqual(guard.findIndex((word) => word !== CANARY), -1, `${name} wrote before an operand`);
      if (kept) deepEqual(words(index, length), kept, `${name} changed an input`);
      from = index + length;
    }
    const guard = new Uint32Array(used, 4 * from, this.#next - from);
    deepEqual(guard.findIndex((word) => word !== CANARY), -1, `${name} wrote past an operand`);
  }

  read(pointer: number, length: number): Float32Array {
    return floats().slice(pointer / 4, pointer / 4 + length);
  }

  #place(length: number): number {
    // Odd distances, so that operands have every alignment to 4 bytes.
    const index = this.#next + GUARD, end = index + length + GUARD;
    const missing = 4 * end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    new Uint32Array(memory.buffer).fill(CANARY, this.#next, end);
    this.#next = end;
    return index;
  }
}

function floats(): Float32Array {
  return new Float32Array(memory.buffer);
}

function words(index: number, length: number): Uint32Array {
  return new Uint32Array(memory.buffer, 4 * index, length).slice();
}

/** Float32 numbers in [-1, 1), the same for the same seed, from a multiplicative congruential generator. */
export function numbers(length: number, seed = 1): Float32Array {
  let state = (seed * 2654435761 + 1) >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 23 - 1;
  });
}
