/**
 * No kernel reads or writes outside its operands. Cases of every operation are resized at random
 * (seeded), those of products with packed weights, too, and each runs once for each of its operands with that operand as the last bytes of the
 * memory: a read or write past it traps, even one whose value is thrown away. The other operands lie
 * between guards of NaN, at odd multiples of 4 bytes: what is read there shows in the result, which must
 * have the same bits wherever the operands lie, and what is written there shows in the guards.
 */
import { deepEqual, ok, throws } from "node:assert/strict";
import { RECORD_WORDS, WEIGHT_FORMATS } from "../../src/backends/wasm/abi.ts";
import { encodePlan, encodeRecords, type PackedFormat } from "../../src/backends/wasm/encode.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { instantiate, type KernelExports, loadKernels } from "../../src/backends/wasm/loader.ts";
import { packedLength } from "../../src/backends/wasm/packing.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { sizeAt } from "../../src/core/shape.ts";
import type { Place } from "../../src/graph/layout.ts";
import { OPS } from "../../src/ops/catalogue.ts";
import { OP_NAMES, type OpName } from "../../src/ops/names.ts";
import type { Case, CaseGenerator } from "./case.ts";
import { CASES } from "./cases.ts";
import { planCase, type Planned } from "./harness.ts";
import { drawSize, resized } from "./resize.ts";
import { CAPACITY } from "./shapes.ts";

/** Room for the largest case, beside what the kernels need themselves. */
const ROOM_BYTES = 64 * 65536;
/** Elements between operands: odd, and more than a tile. */
const GUARD = 67;
/** A NaN of no other origin. */
const CANARY = 0x7fc0_e1b1;
const CASES_EACH = 200;
/** Around the depth and the width of a block of a product. */
const BLOCKS = [255, 256, 257, 300];

/** One operand of a run. */
interface Held {
  readonly key: string;
  readonly words: Uint32Array;
  /** Whether the operation may change it. */
  readonly written: boolean;
}

const keyOf = ({ segment, offset }: Place): string => `${segment} ${offset}`;

/** The operands of the plan's one instruction, as long as a run over `rows` batch rows needs them. */
function operandsOf(op: OpName, given: Case, planned: Planned, rows: number): Held[] {
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
type Encode = (addressOf: (key: string) => number) => Int32Array;

const encoded = ({ plan }: Planned): Encode => (addressOf) =>
  encodePlan(plan, (place) => addressOf(keyOf(place)));

/** Runs with the operand `last` at the end of the memory; what the operands hold then. */
function runWith(
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
function open(module: WebAssembly.Module): KernelExports {
  const kernels = instantiate(module), { memory, heapBase } = kernels;
  const missing = heapBase() + ROOM_BYTES - memory.buffer.byteLength;
  memory.grow(Math.max(0, Math.ceil(missing / 65536)));
  return kernels;
}

/** Runs with each operand at the end of the memory, to the same bits; what the operands hold then. */
function anywhere(kernels: KernelExports, encode: Encode, held: readonly Held[], rows: number) {
  const want = runWith(kernels, encode, held, rows);
  held.forEach((_, last) => deepEqual(runWith(kernels, encode, held, rows, last), want));
  return want;
}

function checkBorders(op: OpName, kernels: KernelExports): void {
  const random = new HostRandom(OP_NAMES.indexOf(op), 7, 0);
  const cases = (CASES[op] as unknown as CaseGenerator<OpName>)();
  let found = 0;
  for (let tries = 0; found < CASES_EACH; tries++) {
    ok(tries < 100 * CASES_EACH, `${op}: few of its cases can be resized`);
    // Some sizes are the operation's own: they stay now and then.
    const sizeOf = (size: number) => random.below(3) === 0 ? size : drawSize(random);
    const given = resized(op, cases[random.below(cases.length)], sizeOf, random);
    if (!given) continue;
    found++;
    const planned = planCase(op, given), rows = 1 + random.below(CAPACITY);
    const held = operandsOf(op, given, planned, rows);
    const shapes = given.operands.map(({ shape }) => JSON.stringify(shape)).join(", ");
    try {
      anywhere(kernels, encoded(planned), held, rows);
    } catch (error) {
      const what = `${op} of ${shapes} ${JSON.stringify(given.attrs)}, B = ${rows}`;
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  }
}

for (const build of ["simd", "relaxed"] as const) {
  const kernels = open(loadKernels(FULL_KERNELS, build).module);
  for (const op of OP_NAMES.filter((op) => !OPS[op].view)) {
    Deno.test(`${build}: ${op}() stays within its operands`, () => checkBorders(op, kernels));
  }
}

/** Products whose weights can be packed: parameters, in the order in which they lie. */
function packable(op: "dense" | "matmul"): Case[] {
  const cases = (CASES[op] as unknown as CaseGenerator<OpName>)();
  return cases.flatMap((given) => {
    const [x, weight, ...rest] = given.operands;
    if (weight.shape.batched || (given.attrs as { transposeB?: boolean }).transposeB) return [];
    return [{ ...given, operands: [x, { ...weight, kind: "parameter" as const }, ...rest] }];
  });
}

/** Packing, and a product that reads what was packed: each operand once at the end of the memory. */
function checkPackedBorders(
  op: "dense" | "matmul",
  format: PackedFormat,
  kernels: KernelExports,
): void {
  const random = new HostRandom(OP_NAMES.indexOf(op), 11, WEIGHT_FORMATS.indexOf(format));
  const cases = packable(op);
  const sizeOf = () =>
    random.below(16) === 0 ? BLOCKS[random.below(BLOCKS.length)] : drawSize(random);
  for (let found = 0; found < CASES_EACH;) {
    const given = resized(op, cases[random.below(cases.length)], sizeOf, random);
    if (!given) continue;
    found++;
    const planned = planCase(op, given), rows = 1 + random.below(CAPACITY);
    const held = operandsOf(op, given, planned, rows), output = held.length - 1;
    const shapes = given.operands.map(({ shape }) => JSON.stringify(shape)).join(", ");
    try {
      const plain = runWith(kernels, encoded(planned), held, rows);
      const packed = packedFrom(kernels, planned, held[1], format);
      const encode: Encode = (addressOf) => {
        const instead = { format, isInUse: true, addressOf: () => addressOf("packed") };
        return encodePlan(planned.plan, (place) => addressOf(keyOf(place)), instead);
      };
      const got = anywhere(kernels, encode, [...held, packed], rows);
      // The other format rounds: `packing_test.ts` says by how much.
      if (format !== "bf16") deepEqual(got[output], plain[output]);
    } catch (error) {
      const what = `${op} of ${shapes} ${JSON.stringify(given.attrs)}, B = ${rows}, ${format}`;
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** What packing a product's weights leaves, wherever they and it lie. */
function packedFrom(
  kernels: KernelExports,
  { plan: { instructions: [{ inputs: [, place] }] } }: Planned,
  weight: Held,
  format: PackedFormat,
): Held {
  const words = new Uint32Array(packedLength(place.shape, format)).fill(CANARY);
  const encode: Encode = (addressOf) =>
    encodeRecords([{
      name: "packWeights",
      attributes: [WEIGHT_FORMATS.indexOf(format)],
      operands: ["packed", weight.key].map((key) => ({
        address: addressOf(key),
        shape: place.shape,
      })),
    }]);
  const packed = { key: "packed", words, written: true };
  const [left] = anywhere(kernels, encode, [packed, weight], 1);
  ok(!left.includes(CANARY), "all of the packed memory is written");
  return { key: "packed", words: left, written: false };
}

for (const build of ["simd", "relaxed"] as const) {
  const kernels = open(loadKernels(FULL_KERNELS, build).module);
  for (
    const [op, format] of [
      ["dense", "tiles"],
      ["matmul", "tiles"],
      ["dense", "f32"],
      ["dense", "bf16"],
    ] as const
  ) {
    Deno.test(`${build}: ${op}() of weights packed as ${format}, and packing them, stay within their operands`, () =>
      checkPackedBorders(op, format, kernels));
  }
}

Deno.test("a run that reads or writes one element too far is found", () => {
  const kernels = open(loadKernels(FULL_KERNELS, "simd").module);
  const [given] = (CASES.exp as unknown as CaseGenerator<"exp">)();
  const operands = [{ ...given.operands[0], shape: { rows: 1, cols: 8, batched: false } }];
  const planned = planCase("exp", { ...given, operands } as unknown as Case);
  const encode = encoded(planned);
  const words = new Uint32Array(8), short = new Uint32Array(7);
  const { plan: { inputs, instructions: [{ output }] } } = planned;
  const x = { key: keyOf(inputs.get("operand 0")!), words, written: false };
  const y = { key: keyOf(output), words, written: true };
  runWith(kernels, encode, [x, y], 1);
  throws(
    () => runWith(kernels, encode, [{ ...x, words: short }, y], 1, 0),
    WebAssembly.RuntimeError,
  );
  throws(
    () => runWith(kernels, encode, [x, { ...y, words: short }], 1, 1),
    WebAssembly.RuntimeError,
  );
  throws(() => runWith(kernels, encode, [x, { ...y, words: short }], 1), /it is no operand's/);
  const results = runWith(kernels, encode, [{ ...x, words: short }, y], 1);
  ok(Number.isNaN(new Float32Array(results[1].buffer)[7]), "a guard read is NaN in the result");
});
