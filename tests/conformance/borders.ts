/**
 * A run of one record whose operands lie where the test wants them: between guards of NaN, at odd multiples of 4 bytes,
 * and one of them as the last bytes of the memory, so that a read or write past it traps, even one whose value is thrown
 * away. What is written to a guard shows there, and what is read there in the result.
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

/** Cases of each test. */
export const CASES_EACH = 200;
/** Room for the largest case, beside what the kernels need themselves. */
const ROOM_BYTES = 64 * 65536;
/** Elements between operands: odd, and more than a tile. */
const GUARD = 67;
/** A NaN of no other origin. */
export const CANARY = 0x7fc0_e1b1;
/** One operand of a run. */
export interface Held {
  readonly key: string;
  readonly words: Uint32Array;
  /** Whether the operation may change it. */
  readonly written: boolean;
}

export const keyOf = ({ segment, offset }: Place): string => `${segment} ${offset}`;

/** The operands of the plan's one instruction, as long as a run over `rows` batch rows needs them. */
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

/** The one record of a run, given at which byte an operand lies. */
export type Encode = (addressOf: (key: string) => number) => Int32Array;

export const encoded = ({ plan }: Planned): Encode => (addressOf) =>
  encodePlan(plan, (place) => addressOf(keyOf(place)));

/** Runs with the operand `last` at the end of the memory; what the operands hold then. */
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

/** A fresh instance with room. */
export function openWithRoom(module: WebAssembly.Module): KernelExports {
  const kernels = instantiate(module), { memory, heapBase } = kernels;
  const missing = heapBase() + ROOM_BYTES - memory.buffer.byteLength;
  memory.grow(Math.max(0, Math.ceil(missing / 65536)));
  return kernels;
}

/** Runs with each operand at the end of the memory, to the same bits; what the operands hold then. */
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
