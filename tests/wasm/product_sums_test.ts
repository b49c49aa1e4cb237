/**
 * Sums of two products as one (product_sums.ts), and columns of one number as scalars (scalar_operands.ts): when plans
 * are changed, when they are not, and what the changed ones compute. Oracles: float64 loops, with the tolerance of a
 * float32 sum of so many terms in any order; and the plan as it was, to the bit, where no sum changes.
 */
import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { withProductSums } from "../../src/backends/wasm/rewrites/product_sums.ts";
import { withScalarOperands } from "../../src/backends/wasm/rewrites/scalar_operands.ts";
import type { Backend, SyncProgram } from "../../src/backends/backend.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { batched, fixed, SCALAR } from "../../src/core/shape.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { type Plan, plan } from "../../src/graph/plan.ts";
import type { Node } from "../../src/ops/spec.ts";
import { F32_UNIT_ROUNDOFF } from "../util/close.ts";
import { bytesOf, openCrew } from "../util/threads.ts";
import { numbers } from "./debug_kernels.ts";

type Sizes = readonly [rows: number, cols: number, left: number, right: number];

const LARGEST = 70, EDGES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 16, 17, 31, 33, 64, 65];
const NOTHING = { length: 0, places: new Map() };
const TIMES_TRANSPOSED = { transposeA: false, transposeB: true } as const;

/** Each size once in each place, the others drawn; the most terms of a block, and blocks of columns. */
function sweep(): Sizes[] {
  const random = new HostRandom(5, 0, 0);
  const draw = () => EDGES[random.below(EDGES.length)];
  const sizes = [0, 1, 2, 3].flatMap((place) =>
    Array.from({ length: LARGEST }, (_, i) => {
      return [draw(), draw(), draw()].toSpliced(place, 0, i + 1) as unknown as Sizes;
    })
  );
  return [...sizes, [130, 300, 399, 401], [9, 140, 1, 799], [512, 64, 8, 8]];
}

/** a·bᵀ + c·dᵀ with all operands as inputs. */
function sumPlan([rows, cols, left, right]: Sizes): Plan {
  const g = createGraph();
  const products = ([["a", "b", left], ["c", "d", right]] as const).map(([x, w, inner]) =>
    g.matmul(g.input(x, batched(inner)), g.input(w, fixed(cols, inner)), TIMES_TRANSPOSED)
  );
  const sum = g.add(products[0], products[1]);
  return plan(g, { outputs: { sum }, capacity: rows, parameters: NOTHING });
}

function operandsOf([rows, cols, left, right]: Sizes) {
  return {
    a: numbers(rows * left, 1),
    b: numbers(cols * left, 2),
    c: numbers(rows * right, 3),
    d: numbers(cols * right, 4),
  };
}

function run(
  backend: Backend<SyncProgram>,
  planned: Plan,
  inputs: Readonly<Record<string, Float32Array>>,
  rows: number,
  output: string,
  length: number,
): Float32Array {
  const program = backend.compile(planned, { parameters: backend.allocate(0) });
  for (const [name, values] of Object.entries(inputs)) program.write(name, values);
  program.run(rows);
  const result = new Float32Array(length).fill(NaN);
  program.read(output, result);
  program.dispose();
  return result;
}

for (const build of ["simd", "relaxed"] as const) {
  Deno.test(`${build}: a sum of two products is right at every size, with the same bits on 1, 2 and 3 threads`, async () => {
    const alone = openWasm(FULL_KERNELS, { build });
    const crews = [await openCrew({ build, threads: 2 }), await openCrew({ build, threads: 3 })];
    for (const sizes of sweep()) {
      const [rows, cols, left, right] = sizes, { a, b, c, d } = operandsOf(sizes);
      const planned = sumPlan(sizes), length = rows * cols;
      equal(withProductSums(planned).instructions.length, 1);
      const got = run(alone, planned, { a, b, c, d }, rows, "sum", length);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < cols; j++) {
          let sum = 0, size = 0;
          const add = (term: number) => (sum += term, size += Math.abs(term));
          for (let k = 0; k < left; k++) add(a[i * left + k] * b[j * left + k]);
          for (let k = 0; k < right; k++) add(c[i * right + k] * d[j * right + k]);
          const off = Math.abs(got[i * cols + j] - sum);
          const limit = (left + right + 4) * F32_UNIT_ROUNDOFF * size + 2 ** -126;
          ok(off <= limit, `${sizes} [${i}, ${j}] is off by ${off}`);
        }
      }
      for (const crew of crews) {
        const shared = run(crew, planned, { a, b, c, d }, rows, "sum", length);
        deepEqual(bytesOf(shared), bytesOf(got), `${sizes}, ${crew.details.threads} threads`);
      }
    }
    for (const backend of [alone, ...crews]) backend.dispose();
  });
}

/** Plans around the sum of two products, which `build` extends. */
function planWith(build: (g: Graph, products: readonly Node[], sum: Node) => Record<string, Node>) {
  const g = createGraph(), inner = 3, cols = 5;
  const products = ["a", "c"].map((name) =>
    g.matmul(
      g.input(name, batched(inner)),
      g.input(`${name} weight`, fixed(cols, inner)),
      TIMES_TRANSPOSED,
    )
  );
  const sum = g.add(products[0], products[1]);
  return plan(g, { outputs: build(g, products, sum), capacity: 4, parameters: NOTHING });
}

const opsOf = ({ instructions }: Plan) => instructions.map(({ op }) => op);

Deno.test("a sum replaces its products unless something else needs one of them", () => {
  const changed = (planned: Plan) =>
    opsOf(withProductSums(planned)).length < planned.instructions.length;
  equal(changed(planWith((_, __, sum) => ({ sum }))), true);
  equal(changed(planWith((g, __, sum) => ({ y: g.exp(sum) }))), true);
  equal(changed(planWith((_, [first], sum) => ({ sum, first }))), false);
  equal(changed(planWith((_, [, second], sum) => ({ sum, second }))), false);
  equal(changed(planWith((g, [first], sum) => ({ y: g.mul(g.exp(first), sum) }))), false);
  equal(changed(planWith((g, [, second], sum) => ({ y: g.mul(sum, second) }))), false);
  equal(changed(planWith((g, [first], sum) => ({ sum, y: g.exp(g.stopGradient(first)) }))), false);
});

Deno.test("a sum stays if an operand of its second product is not there yet, or its terms are more than a block", () => {
  const g = createGraph();
  const [a, b] = [g.input("a", batched(3)), g.input("b", fixed(5, 3))];
  const first = g.matmul(a, b, TIMES_TRANSPOSED), later = g.exp(g.input("c", batched(3)));
  const sum = g.add(first, g.matmul(later, b, TIMES_TRANSPOSED));
  const planned = plan(g, { outputs: { sum }, capacity: 4, parameters: NOTHING });
  deepEqual(opsOf(withProductSums(planned)), opsOf(planned));
  equal(withProductSums(sumPlan([4, 5, 400, 401])).instructions.length, 3);
});

Deno.test("a sum stays if one product is a row that is added to all rows of the other", () => {
  const backend = openWasm(FULL_KERNELS, { build: "simd" }), rows = 3;
  for (const isFirst of [true, false]) {
    const g = createGraph(), b = g.input("b", fixed(2, 1));
    const product = (name: string, isRow: boolean) =>
      g.matmul(g.input(name, isRow ? fixed(1, 1) : batched(1)), b, TIMES_TRANSPOSED);
    const sum = g.add(product("a", isFirst), product("c", !isFirst));
    const planned = plan(g, { outputs: { sum }, capacity: rows, parameters: NOTHING });
    deepEqual(opsOf(withProductSums(planned)), opsOf(planned));
    const row = Float32Array.of(100), column = Float32Array.of(1, 2, 3);
    const inputs = {
      b: Float32Array.of(1, 10),
      a: isFirst ? row : column,
      c: isFirst ? column : row,
    };
    const got = run(backend, planned, inputs, rows, "sum", 2 * rows);
    deepEqual([...got], [101, 1010, 102, 1020, 103, 1030]);
  }
  backend.dispose();
});

/** The gradient of a mean of costs over a network with two heads: sums of products, and columns of one number. */
function headsPlan(rows: number) {
  const [inputs, hidden, latent] = [5, 9, 3], none = { activation: "identity" } as const;
  const g = createGraph(), x = g.input("x", batched(inputs));
  const shapes = { w: [inputs, hidden], mean: [hidden, latent], logVar: [hidden, latent] } as const;
  const weights = Object.entries(shapes).map(([name, [r, c]]) => g.parameter(name, r, c));
  const bias = (name: string, cols: number) => g.parameter(name, 1, cols);
  const h = g.dense(x, weights[0], bias("w bias", hidden), { activation: "tanh" });
  const mean = g.dense(h, weights[1], bias("mean bias", latent), none);
  const logVar = g.dense(h, weights[2], bias("logVar bias", latent), none);
  const loss = g.sumRows(g.sumCols(g.gaussianKl(mean, logVar)), { mean: true });
  const gradients = gradient(g, loss, weights);
  const named = Object.fromEntries(Object.keys(shapes).map((name, i) => [name, gradients[i]]));
  const parameters = layOut("parameters", [
    ...Object.entries(shapes).map(([name, [rows, cols]]) => ({ name, rows, cols })),
    ...([["w", hidden], ["mean", latent], ["logVar", latent]] as const).map(([name, cols]) => {
      return { name: `${name} bias`, rows: 1, cols };
    }),
  ]);
  return { parameters, planned: plan(g, { outputs: named, capacity: rows, parameters }) };
}

Deno.test("columns of one number are read as scalars, which changes no bit, on 1 and 3 threads", async () => {
  const rows = 37, { parameters, planned } = headsPlan(rows);
  const arranged = withScalarOperands(planned);
  notDeepEqual(arranged, planned);
  const scalars = arranged.instructions.flatMap(({ inputs }, i) =>
    inputs.filter((each, at) =>
      each.shape === SCALAR && planned.instructions[i].inputs[at].shape.batched
    )
  );
  ok(scalars.length >= 2, `${scalars.length}`);
  deepEqual(
    arranged.instructions.map(({ op, output }) => [op, output]),
    planned.instructions.map(({ op, output }) => [op, output]),
  );
  const unarranged = { ...FULL_KERNELS, arrange: undefined };
  const options = { build: "relaxed" } as const;
  const results = [
    openWasm(unarranged, options),
    openWasm({ ...FULL_KERNELS, arrange: withScalarOperands }, options),
  ].map((backend) => gradientsOf(backend, planned, parameters.length, rows));
  deepEqual(results[1], results[0]);
  const whole = [openWasm(FULL_KERNELS, options), await openCrew({ ...options, threads: 3 })]
    .map((backend) => gradientsOf(backend, planned, parameters.length, rows));
  deepEqual(whole[1], whole[0]);
});

Deno.test("a program's plan is the one that was given, which other backends can compile", () => {
  const { parameters, planned } = headsPlan(4), backend = openWasm(FULL_KERNELS);
  notDeepEqual(FULL_KERNELS.arrange!(planned), planned);
  const segment = backend.allocate(parameters.length);
  equal(backend.compile(planned, { parameters: segment }).plan, planned);
  backend.dispose();
});

/** The bytes of every output. */
function gradientsOf(backend: Backend<SyncProgram>, planned: Plan, length: number, rows: number) {
  const segment = backend.allocate(length);
  segment.write(0, numbers(length, 7));
  const program = backend.compile(planned, { parameters: segment });
  program.write("x", numbers(rows * 5, 8));
  program.run(rows);
  const bytes = Array.from(planned.outputs, ([name, { shape }]) => {
    const result = new Float32Array(shape.rows * shape.cols);
    program.read(name, result);
    return bytesOf(result);
  });
  backend.dispose();
  return bytes;
}
