/**
 * Matrix products of every size: each of rows, inner length and columns goes from 1 to 70, while the other two are
 * drawn (seeded) from sizes around vectors, stripes, tiles and the blocks of 800; and the shapes of the benchmark's
 * workloads. Oracle: float64 loops, in memory filled with NaN between guards (harness.ts). Tolerance: (k + 4) · 2^-24 ·
 * Σ|terms|, that of a float32 sum in any order; the slope of an activation is at most one, so it passes the error on
 * and adds its own rounding. The same with weights in every form in which programs keep them, on several threads.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { formatFor } from "../../src/backends/wasm/packing.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { fixed } from "../../src/core/shape.ts";
import { ACTIVATIONS } from "../../src/ops/names.ts";
import type { Backend } from "../../src/backends/backend.ts";
import { ACTIVATE, ACTIVATION_ULPS } from "../util/activations.ts";
import { F32_UNIT_ROUNDOFF, ulpOf } from "../util/close.ts";
import { bytesOf, openCrew } from "../util/threads.ts";
import { openWasm } from "../util/wasm.ts";
import type { Case, Operand } from "./case.ts";
import { openCase, planCase, runCase } from "./harness.ts";

type Sizes = readonly [rows: number, inner: number, cols: number];

const LARGEST = 70;
/** Every remainder modulo 4, 8 and 32, and both sides of the limits. */
const EDGES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15, 16, 17, 24, 31, 32, 33, 47, 63, 64, 65];
const BLOCK_EDGES = [255, 256, 257, 400, 799, 800, 801, 1601];

/** Rows, inner length and columns of the products in scoring and training the benchmark's networks. */
const WORKLOADS: readonly Sizes[] = [
  [1, 32, 64],
  [1, 128, 256],
  [1, 784, 400],
  [1, 400, 784],
  [1, 200, 50],
  [32, 784, 400],
  [64, 20, 400],
  [128, 32, 64],
  [128, 128, 256],
  [128, 400, 784],
  [784, 128, 400],
  // Blocks of columns whose last one is not whole panels.
  [9, 801, 515],
];

/** Each size once in each place, the others drawn; sometimes one of them is the limit of a block. */
function sweep(): Sizes[] {
  const random = new HostRandom(3, 0, 0);
  const draw = () => EDGES[random.below(EDGES.length)];
  const sizes: Sizes[] = [];
  for (let size = 1; size <= LARGEST; size++) {
    for (let place = 0; place < 3; place++) {
      const others = [draw(), draw()];
      if (random.below(3) === 0) {
        others[random.below(2)] = BLOCK_EDGES[random.below(BLOCK_EDGES.length)];
      }
      sizes.push(others.toSpliced(place, 0, size) as unknown as Sizes);
    }
  }
  return sizes;
}

/** Float32 numbers in (-2, 2), one in eight of them 0 or tiny. */
function draw(rows: number, cols: number, seed: number): Float64Array {
  const random = new HostRandom(seed, rows, cols);
  return Float64Array.from({ length: rows * cols }, () => {
    const uniform = Math.fround(4 * random.uniformF64() - 2);
    return random.below(8) > 0 ? uniform : random.below(2) * 2 ** -30;
  });
}

/** Σ_k a(i, k) b(k, j) + bias(j), and the sum of the magnitudes, in float64. */
function expected(
  [rows, inner, cols]: Sizes,
  a: Float64Array,
  b: Float64Array,
  bias?: Float64Array,
): { values: Float64Array; sizes: Float64Array } {
  const values = new Float64Array(rows * cols), sizes = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    const at = i * cols;
    for (let k = 0; k < inner; k++) {
      const left = a[i * inner + k];
      for (let j = 0; j < cols; j++) {
        const term = left * b[k * cols + j];
        values[at + j] += term;
        sizes[at + j] += Math.abs(term);
      }
    }
    for (let j = 0; bias && j < cols; j++) {
      values[at + j] += bias[j];
      sizes[at + j] += Math.abs(bias[j]);
    }
  }
  return { values, sizes };
}

function transposed(values: Float64Array, rows: number, cols: number): Float64Array {
  return values.map((_, i) => values[(i % rows) * cols + Math.floor(i / rows)]);
}

function operand(values: Float64Array, rows: number, cols: number): Operand {
  // The values are accessed only by index and slice.
  const list = values as unknown as readonly number[];
  return { kind: "input", shape: fixed(rows, cols), integer: false, values: list };
}

async function outputOf(op: "dense" | "matmul", backend: Backend, given: Case) {
  return (await runCase(backend, given, planCase(op, given), 1))[0];
}

const describe = (sizes: Sizes) => sizes.join(" x ");

for (const build of ["simd", "relaxed"] as const) {
  Deno.test(`wasm ${build}: matmul() is right at every size, with each operand transposed or not`, async () => {
    const backend = openWasm({ build });
    for (const [seed, sizes] of [...sweep(), ...WORKLOADS].entries()) {
      const [rows, inner, cols] = sizes;
      const a = draw(rows, inner, 2 * seed), b = draw(inner, cols, 2 * seed + 1);
      const want = expected(sizes, a, b), unit = (inner + 4) * F32_UNIT_ROUNDOFF;
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const operands = [
            transposeA ? operand(transposed(a, rows, inner), inner, rows) : operand(a, rows, inner),
            transposeB ? operand(transposed(b, inner, cols), cols, inner) : operand(b, inner, cols),
          ];
          const attrs = { transposeA, transposeB };
          const got = await outputOf("matmul", backend, { operands, attrs, tolerances: [] });
          want.values.forEach((value, i) => {
            const off = Math.abs(got[i] - value), limit = unit * want.sizes[i] + 2 ** -126;
            ok(off <= limit, `${describe(sizes)} ${JSON.stringify(attrs)} [${i}] is off by ${off}`);
          });
        }
      }
    }
    backend.dispose();
  });

  Deno.test(`wasm ${build}: dense() is right at every size, with every activation`, async () => {
    const backend = openWasm({ build });
    for (const [seed, sizes] of [...sweep(), ...WORKLOADS].entries()) {
      const [rows, inner, cols] = sizes;
      // Three sizes share a seed, one for each place.
      const activation = ACTIVATIONS[Math.floor(seed / 3) % ACTIVATIONS.length];
      const x = draw(rows, inner, 3 * seed), weight = draw(inner, cols, 3 * seed + 1);
      const bias = draw(1, cols, 3 * seed + 2), want = expected(sizes, x, weight, bias);
      const operands = [
        operand(x, rows, inner),
        operand(weight, inner, cols),
        operand(bias, 1, cols),
      ];
      const got = await outputOf("dense", backend, {
        operands,
        attrs: { activation },
        tolerances: [],
      });
      want.values.forEach((sum, i) => {
        const value = ACTIVATE[activation](sum), off = Math.abs(got[i] - value);
        const limit = (inner + 5) * F32_UNIT_ROUNDOFF * want.sizes[i] +
          ACTIVATION_ULPS[activation] * ulpOf(value) + 2 ** -126;
        ok(off <= limit, `${describe(sizes)} ${activation} [${i}] is off by ${off}`);
      });
    }
    backend.dispose();
  });
}

/** From this many batch rows on, a program keeps weights that it does not change as tiles. */
const MANY_ROWS = 8;

/** The forms of a product's weight: unpacked, as tiles, in the order for few rows, rounded. */
const FORMS = {
  plain: { capacity: MANY_ROWS - 1, weights: undefined, format: undefined },
  tiles: { capacity: MANY_ROWS, weights: undefined, format: "tiles" },
  packed: { capacity: 1, weights: "f32", format: "f32" },
  rounded: { capacity: 1, weights: "bf16", format: "bf16" },
} as const;

/** A product with its weight in a form; packed weights are used from the second run on. */
async function inForm(
  backend: Backend,
  op: "dense" | "matmul",
  given: Case,
  form: keyof typeof FORMS,
): Promise<Float64Array> {
  const { capacity, weights, format } = FORMS[form];
  const planned = planCase(op, given, undefined, capacity);
  equal(formatFor(planned.plan, weights), format);
  const opened = openCase(backend, given, planned, weights);
  await opened.run(1);
  const [output] = await opened.run(1);
  opened.dispose();
  return output;
}

/**
 * |ŵ - w| ≤ 2^-8 |w| changes a sum by at most that share of its magnitudes, and the slope of every activation is at
 * most one.
 */
const ROUNDED_WEIGHT = 2 ** -8;

for (const build of ["simd", "relaxed"] as const) {
  Deno.test(`wasm ${build}: packed weights change no bit at any size, on 1, 2 and 3 threads, or round as promised`, async () => {
    const alone = openWasm({ build });
    const crews = [await openCrew({ build, threads: 2 }), await openCrew({ build, threads: 3 })];
    for (const [seed, sizes] of [...sweep(), ...WORKLOADS].entries()) {
      const [rows, inner, cols] = sizes;
      const activation = ACTIVATIONS[seed % ACTIVATIONS.length];
      const x = draw(rows, inner, 3 * seed), weight = draw(inner, cols, 3 * seed + 1);
      const bias = draw(1, cols, 3 * seed + 2), isTransposed = seed % 2 === 1;
      const b = { ...operand(weight, inner, cols), kind: "parameter" } as const;
      const dense = {
        operands: [operand(x, rows, inner), b, operand(bias, 1, cols)],
        attrs: { activation },
        tolerances: [],
      };
      const a = isTransposed
        ? operand(transposed(x, rows, inner), inner, rows)
        : operand(x, rows, inner);
      const attrs = { transposeA: isTransposed, transposeB: false };
      const matmul = { operands: [a, b], attrs, tolerances: [] };
      for (
        const [op, given, forms] of [
          ["dense", dense, ["plain", "tiles", "packed"]],
          ["matmul", matmul, ["plain", "tiles"]],
        ] as const
      ) {
        const want = bytesOf(await inForm(alone, op, given, "plain"));
        for (const form of forms) {
          for (const backend of [alone, ...crews]) {
            const what = `${op} ${describe(sizes)} ${form}, ${backend.details.threads} threads`;
            deepEqual(bytesOf(await inForm(backend, op, given, form)), want, what);
          }
        }
      }
      const { sizes: magnitudes } = expected(sizes, x, weight);
      const exact = await inForm(alone, "dense", dense, "plain");
      const rounded = await inForm(alone, "dense", dense, "rounded");
      // A bias is at most 2.
      rounded.forEach((got, i) => {
        const off = Math.abs(got - exact[i]), summed = (inner + 5) * F32_UNIT_ROUNDOFF;
        const limit = (ROUNDED_WEIGHT + 2 * summed) * (magnitudes[i] + 2) +
          2 * ACTIVATION_ULPS[activation] * ulpOf(got);
        ok(off <= limit, `${describe(sizes)} ${activation}, rounded, [${i}] is off by ${off}`);
      });
      for (const crew of crews) {
        deepEqual(bytesOf(await inForm(crew, "dense", dense, "rounded")), bytesOf(rounded));
      }
    }
    deepEqual(crews.map(({ details }) => details.threads), [2, 3]);
    for (const backend of [alone, ...crews]) backend.dispose();
  });
}
