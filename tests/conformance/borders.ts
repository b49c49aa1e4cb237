/**
 * Runs one record with operands at chosen places: between guards of NaN, at odd multiples of 4 bytes, and one of them
 * at the very end of the memory, so that a read or write past it traps, even if the value is not used. Writes to a
 * guard show in the guard, reads from it in the result.
 */
import { deepEqual, ok } from "node:assert/strict";
import { RECORD_WORDS } from "../../src/backends/wasm/abi.ts";
import { encodePlan } from "../../src/backends/wasm/encode.ts";
import { instantiate, type KernelExports } from "../../src/backends/wasm/loader.ts";
import { sizeAt } from "../../src/core/shape.ts";
import type { Place } from "../../src/graph/layout.ts";
import { OPS } from "../../src/ops/catalogue.ts";
import type { OpName } from "../../src/ops/names.ts";
import type { Case } from "./case.ts";
import type { Planned } from "./harness.ts";

/** Cases per test. */
export const CASES_EACH = 200;
/** Memory for the largest case, in addition to what the kernels need. */
const ROOM_BYTES = 64 * 65536;
/** Elements between operands: odd, and more than a tile. */
const GUARD = 67;
/** A NaN that nothing else produces. */
export const CANARY = 0x7fc0_e1b1;
/** One operand of a run. */
export interface Held {
  readonly key: string;
  readonly words: Uint32Array;
  /** Whether the operation may change it. */
  readonly written: boolean;
}

export const keyOf = ({ segment, offset }: Place): string => `${segment} ${offset}`;

/** The operands of the plan's single instruction, as long as a run over `rows` batch rows needs. */
export function operandsOf(op: OpName, given: Case, planned: Planned, rows: number): Held[] {
  const { plan: { inputs, instructions: [{ output }] }, parameters, state } = planned;
  const held = given.operands.map(({ kind, shape, integer, values }, i): Held => {
    const place = kind === "input"
      ? inputs.get(`operand ${i}`)!
      : (kind === "parameter" ? parameters : state).places.get(`operand ${i}`)!;
    const words = new Uint32Array(sizeAt(shape, rows));
    if (integer) words.set(values.slice(0, words.length));
    else new Float32Array(words.buffer).set(values.slice(0, words.length));
    return { key: keyOf(place), words, written: OPS[op].effect === true && kind !== "input" };
  });
  if (OPS[op].effect) return held;
  const result = new Uint32Array(sizeAt(output.shape, rows)).fill(CANARY);
  return [...held, { key: keyOf(output), words: result, written: true }];
}

/** The record of a run, given the byte address of each operand. */
export type Encode = (addressOf: (key: string) => number) => Int32Array;

export const encoded = ({ plan }: Planned): Encode => (addressOf) =>
  encodePlan(plan, (place) => addressOf(keyOf(place)));

/** Runs with the operand `last` at the end of the memory. @returns the operands' contents afterwards */
export function runWith(
  kernels: KernelExports,
  encode: Encode,
  held: readonly Held[],
  rows: number,
  last?: number,
): Uint32Array[] {
  const all = new Uint32Array(kernels.memory.buffer), list = Math.ceil(kernels.heapBase() / 4);
  const start = list + RECORD_WORDS;
  let end = start;
  const first = held.map(({ words: { length } }, i) => {
    if (i === last) return all.length - length;
    const index = end + GUARD;
    end = index + length;
    return index;
  });
  const tail = last === undefined ? all.length : first[last];
  ok(end + 2 * GUARD < tail, "the memory has room for the case");
  for (const [from, to] of [[start, end + GUARD], [tail - GUARD, all.length]]) {
    all.fill(CANARY, from, to);
  }
  const indexOf = new Map(held.map(({ key }, i) => [key, first[i]]));
  all.set(encode((key) => 4 * indexOf.get(key)!), list);
  held.forEach(({ words }, i) => all.set(words, first[i]));
  kernels.run(4 * list, 1, rows);
  const results = held.map(({ words }, i) => all.slice(first[i], first[i] + words.length));
  held.forEach(({ words, written }, i) => {
    if (!written) deepEqual(results[i], words, `operand ${i} was changed`);
    all.fill(CANARY, first[i], first[i] + words.length);
  });
  for (const [from, to] of [[start, end + GUARD], [tail - GUARD, all.length]]) {
    for (let i = from; i < to; i++) {
      if (all[i] !== CANARY) throw new RangeError(`byte ${4 * i} was written: it is no operand's`);
    }
  }
  return results;
}

/** A new instance with enough memory. */
export function openWithRoom(module: WebAssembly.Module): KernelExports {
  const kernels = instantiate(module), { memory, heapBase } = kernels;
  const missing = heapBase() + ROOM_BYTES - memory.buffer.byteLength;
  memory.grow(Math.max(0, Math.ceil(missing / 65536)));
  return kernels;
}

/**
 * Runs once with each operand at the end of the memory, which must give the same bits. @returns the operands' contents
 */
export function anywhere(
  kernels: KernelExports,
  encode: Encode,
  held: readonly Held[],
  rows: number,
) {
  const want = runWith(kernels, encode, held, rows);
  held.forEach((_, last) => deepEqual(runWith(kernels, encode, held, rows, last), want));
  return want;
}
