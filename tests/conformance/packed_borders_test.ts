/**
 * Products whose weights are stored in another form, and the conversion to it, stay within their operands
 * (`borders.ts`): packed as tiles, in the order for few rows, rounded, or sorted for a search. Oracle: the product with
 * unpacked weights.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { Backend, SyncProgram } from "../../src/backends/backend.ts";
import { RECORD_WORDS, WEIGHT_FORMATS } from "../../src/backends/wasm/abi.ts";
import { encodePlan, encodeRecords, type PackedFormat } from "../../src/backends/wasm/encode.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import {
  type KernelBuild,
  type KernelExports,
  loadKernels,
} from "../../src/backends/wasm/loader.ts";
import { packedLength } from "../../src/backends/wasm/packing.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { fixed, type Shape } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut, type Place } from "../../src/graph/layout.ts";
import { type Plan, plan } from "../../src/graph/plan.ts";
import { OP_NAMES, type OpName } from "../../src/ops/names.ts";
import { openWasm } from "../util/wasm.ts";
import {
  anywhere,
  CANARY,
  CASES_EACH,
  type Encode,
  encoded,
  type Held,
  keyOf,
  openWithRoom,
  operandsOf,
  runWith,
} from "./borders.ts";
import type { Case, CaseGenerator } from "./case.ts";
import { CASES } from "./cases.ts";
import { planCase, type Planned } from "./harness.ts";
import { drawSize, resized } from "./resize.ts";
import { CAPACITY } from "./shapes.ts";

/** Around the depth and the width of a block of a product. */
const BLOCKS = [255, 256, 257, 300];

/** Products whose weights can be packed: parameters that are not transposed. */
function packable(op: "dense" | "matmul"): Case[] {
  const cases = (CASES[op] as unknown as CaseGenerator<OpName>)();
  return cases.flatMap((given) => {
    const [x, weight, ...rest] = given.operands;
    if (weight.shape.batched || (given.attrs as { transposeB?: boolean }).transposeB) return [];
    return [{ ...given, operands: [x, { ...weight, kind: "parameter" as const }, ...rest] }];
  });
}

/** Packing, and a product that reads the result, with each operand once at the end of the memory. */
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
      // The other format rounds; `packing_test.ts` checks by how much.
      if (format !== "bf16") deepEqual(got[output], plain[output]);
    } catch (error) {
      const what = `${op} of ${shapes} ${JSON.stringify(given.attrs)}, B = ${rows}, ${format}`;
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** The packed weight of a product, wherever it and the weight are. */
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
  const kernels = openWithRoom(loadKernels(FULL_KERNELS, build).module);
  for (
    const [op, format] of [
      ["dense", "tiles"],
      ["matmul", "tiles"],
      ["dense", "f32"],
      ["dense", "bf16"],
    ] as const
  ) {
    Deno.test(`${build}: ${op}() with weights packed as ${format}, and packing them, stay within their operands`, () =>
      checkPackedBorders(op, format, kernels));
  }
}

/** From this many rows on, a product and the search in it are one record, with sorted columns. */
const SEARCH_ROWS = 8;

/** A product, and the search in it. */
interface Search {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly count: number;
}

const layoutOf = ({ inner, cols }: Search) =>
  layOut("parameters", [{ name: "weight", rows: inner, cols }, { name: "bias", rows: 1, cols }]);

function searchPlan(search: Search, capacity: number): Plan {
  const { rows, inner, cols, count } = search;
  const g = createGraph(), x = g.input("x", fixed(rows, inner));
  const kept = [g.parameter("weight", inner, cols), g.parameter("bias", 1, cols)] as const;
  const output = g.smallestCols(g.dense(x, ...kept, { activation: "identity" }), { count });
  return plan(g, { outputs: { output }, capacity, parameters: layoutOf(search) });
}

/** x, weight and bias; and the result of a program that keeps the product separate. */
function foundApart(backend: Backend<SyncProgram>, search: Search, values: Float32Array[]) {
  const layout = layoutOf(search), parameters = backend.allocate(layout.length);
  [...layout.places.values()].forEach(({ offset }, i) => parameters.write(offset, values[1 + i]));
  const program = backend.compile(searchPlan(search, SEARCH_ROWS - 1), { parameters });
  program.write("x", values[0]);
  program.run(1);
  const found = new Float32Array(search.rows * search.count);
  program.read("output", found);
  for (const each of [program, parameters]) each.dispose();
  return found;
}

/** Sorting a product's columns, and searching them, with each operand once at the end of the memory. */
function checkSearchBorders(kernels: KernelExports, build: KernelBuild): void {
  const random = new HostRandom(OP_NAMES.length, 17, 0), apart = openWasm({ build });
  for (let i = 0; i < CASES_EACH; i++) {
    const rows = 1 + random.below(13), inner = drawSize(random), cols = 3 * drawSize(random);
    const search = { rows, inner, cols, count: 1 + random.below(Math.min(cols, 11)) };
    const values = [rows * inner, inner * cols, cols].map((length) =>
      Float32Array.from({ length }, () => 2 * random.uniformF64() - 1)
    );
    try {
      const found = foundSorted(kernels, search, values);
      deepEqual(found, foundApart(apart, search, values));
    } catch (error) {
      const what = `${JSON.stringify(search)}: ${(error as Error).message}`;
      throw new Error(what, { cause: error });
    }
  }
  apart.dispose();
}

/** The result of the single record, wherever its operands are. */
function foundSorted(kernels: KernelExports, search: Search, values: Float32Array[]): Float32Array {
  const planned = searchPlan(search, SEARCH_ROWS), output = planned.outputs.get("output")!;
  const places = [planned.inputs.get("x")!, ...layoutOf(search).places.values()];
  const given = places.map((place, i): Held => ({
    key: keyOf(place),
    words: new Uint32Array(values[i].buffer),
    written: false,
  }));
  const words = new Uint32Array(search.rows * search.count).fill(CANARY);
  const sorted = sortedFrom(kernels, given.slice(1), places[1].shape);
  const held = [...given, { key: keyOf(output), words, written: true }, sorted];
  const encode: Encode = (addressOf) => {
    const packed = {
      format: "tiles",
      isInUse: true,
      addressOf: () => addressOf("sorted"),
    } as const;
    // The product in between is not stored.
    const lies = (place: Place) => held.some(({ key }) => key === keyOf(place));
    return encodePlan(planned, (place) => lies(place) ? addressOf(keyOf(place)) : 0, packed);
  };
  equal(encode(() => 0).length, RECORD_WORDS);
  return new Float32Array(anywhere(kernels, encode, held, 1)[given.length].buffer);
}

/** The sorted columns of a product, wherever they and the weight are. */
function sortedFrom(kernels: KernelExports, given: readonly Held[], shape: Shape): Held {
  const sorted = { key: "sorted", words: new Uint32Array(packedLength(shape, "sorted")) };
  const keys = [sorted, ...given].map(({ key }) => key);
  const encode: Encode = (addressOf) =>
    encodeRecords([{
      name: "packWeights",
      attributes: [WEIGHT_FORMATS.indexOf("sorted")],
      operands: keys.map((key) => ({ address: addressOf(key), shape })),
    }]);
  const [words] = anywhere(kernels, encode, [{ ...sorted, written: true }, ...given], 1);
  return { ...sorted, words, written: false };
}

for (const build of ["simd", "relaxed"] as const) {
  Deno.test(`${build}: sorting a product's columns and searching them stay within their operands`, () =>
    checkSearchBorders(openWithRoom(loadKernels(FULL_KERNELS, build).module), build));
}
