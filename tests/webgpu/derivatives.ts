/**
 * Derivatives and random graphs on a backend that computes in float32, against the float64 reference, whose own
 * derivatives are compared with central differences in tests/gradient.
 *
 * Tolerance. An adjoint of a gradient case is a sum of at most 32 products of numbers of order one, each with a few
 * roundings: 256 units of roundoff of the largest element and of one. Objectives chain five layers of at most 8 terms:
 * the same. Random graphs chain up to 20 operations whose slopes are at most one or limited by their weights; each may
 * double the error of the one before, and few do.
 */
import { ok } from "node:assert/strict";
import type { Backend } from "../../src/backends/backend.ts";
import { openReference } from "../util/reference.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { batched, fixed, sizeAt } from "../../src/core/shape.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { plan } from "../../src/graph/plan.ts";
import { OP_NAMES } from "../../src/ops/names.ts";
import type { Node } from "../../src/ops/spec.ts";
import { GRADIENT_CASES, type GradientCase } from "../gradient/cases.ts";
import { bernoulliElbos, importanceWeightedBound } from "../gradient/objectives.ts";
import { type Differentiable, weightedLoss } from "../gradient/weighted_loss.ts";
import { randomGraph } from "../graph/random_graph.ts";
import { F32_UNIT_ROUNDOFF } from "../util/close.ts";

const NOTHING = { length: 0, places: new Map() };

type Values = Readonly<Record<string, readonly number[]>>;

export async function checkDerivatives(backend: Backend): Promise<void> {
  const cases = OP_NAMES.flatMap((op) => {
    const list = (GRADIENT_CASES[op] ?? []) as readonly GradientCase[];
    return list.map((each, seed) => weightedLoss(op, each, seed));
  });
  await Promise.all(cases.map((each) => checkGradient(backend, each)));
}

export async function checkComposed(backend: Backend): Promise<void> {
  const all = [...bernoulliElbos(), importanceWeightedBound()];
  await Promise.all(all.map((each) => checkGradient(backend, each)));
}

export async function checkRandomGraphs(backend: Backend): Promise<void> {
  await Promise.all(Array.from({ length: 3 }, async (_, seed) => {
    const { g, inputs, outputs } = randomGraph(seed, 8 + 4 * seed);
    for (const rows of [5, 1]) {
      const random = new HostRandom(seed, rows, 0);
      const values = Object.fromEntries(
        [...inputs].map(([name, shape]) => {
          const length = sizeAt(shape, rows);
          return [name, Array.from({ length }, () => Math.fround(2 * random.uniformF32() - 1))];
        }),
      );
      await compare(backend, g, outputs, values, rows, `graph ${seed}`, 4096);
    }
  }));
}

/** Sums of this many rows are taken in parts; and of the first rows alone, for which later parts are empty. */
export async function checkLongSums(backend: Backend): Promise<void> {
  const capacity = 3000, g = createGraph();
  const x = g.input("x", batched(2)), y = g.input("y", batched(3));
  const outputs = {
    product: g.matmul(x, y, { transposeA: true, transposeB: false }),
    square: g.matmul(y, y, { transposeA: true, transposeB: false }),
  };
  for (const rows of [capacity, 1100]) {
    const random = new HostRandom(rows, 0, 0);
    const draw = (length: number) =>
      Array.from({ length }, () => Math.fround(2 * random.uniformF32() - 1));
    const values = { x: draw(2 * rows), y: draw(3 * rows) };
    // At most 2 √n for n terms of one, rounded: Higham and Mary (2019).
    const roundings = 2 * Math.sqrt(rows);
    await compare(backend, g, outputs, values, rows, "long sums", roundings, capacity);
  }
}

/** Products of every kind, beyond one tile of 64 in either direction, and of rows that fill none, in one dispatch. */
export async function checkProducts(backend: Backend): Promise<void> {
  const capacity = 70, g = createGraph();
  const shapes = {
    x: batched(19),
    y: batched(21),
    w: fixed(19, 70),
    v: fixed(21, 19),
    p: fixed(19, 17),
    bias: fixed(1, 70),
  };
  const input = (name: keyof typeof shapes) => g.input(name, shapes[name]);
  const [x, y, w, v, p, bias] = (["x", "y", "w", "v", "p", "bias"] as const).map(input);
  const outputs = {
    dense: g.dense(x, w, bias, { activation: "tanh" }),
    plain: g.matmul(x, w, { transposeA: false, transposeB: false }),
    right: g.matmul(x, v, { transposeA: false, transposeB: true }),
    left: g.matmul(x, y, { transposeA: true, transposeB: false }),
    both: g.matmul(p, v, { transposeA: true, transposeB: true }),
  };
  for (const rows of [capacity, 37]) {
    const random = new HostRandom(rows, 1, 0);
    const values = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => {
        const length = sizeAt(shape, rows);
        return [name, Array.from({ length }, () => Math.fround(2 * random.uniformF32() - 1))];
      }),
    );
    // 2 √k roundings of k terms of at most one (Higham and Mary, 2019); no sum has more than 70.
    await compare(backend, g, outputs, values, rows, "products", 2 * 70 ** 1.5, capacity);
  }
}

async function checkGradient(
  backend: Backend,
  { g, loss, wrt, values, rows, what }: Differentiable,
): Promise<void> {
  const adjoints = gradient(g, loss, wrt);
  const outputs = Object.fromEntries(adjoints.map((node, i) => [wrt[i].name, node]));
  const rounded = Object.fromEntries(
    Object.entries(values).map(([name, list]) => [
      name,
      name === "key" ? list : list.map(Math.fround),
    ]),
  );
  await compare(backend, g, outputs, rounded, rows, what, 256);
}

async function compare(
  backend: Backend,
  g: Graph,
  outputs: Readonly<Record<string, Node>>,
  values: Values,
  rows: number,
  what: string,
  roundings: number,
  capacity = rows + 1,
): Promise<void> {
  const compiled = plan(g, { outputs, capacity, parameters: NOTHING });
  const run = async (on: Backend): Promise<Map<string, Float64Array>> => {
    const program = on.compile(compiled, { parameters: on.allocate(0) });
    for (const name of compiled.inputs.keys()) program.write(name, values[name]);
    await program.run(rows);
    const results = await Promise.all(
      Object.entries(outputs).map(async ([name, { shape }]) => {
        const into = new Float64Array(sizeAt(shape, rows)).fill(NaN);
        await program.read(name, into);
        return [name, into] as const;
      }),
    );
    program.dispose();
    return new Map(results);
  };
  const got = await run(backend), want = await run(openReference());
  for (const [name, expected] of want) {
    const scale = expected.reduce((most, each) => Math.max(most, Math.abs(each)), 1);
    const limit = roundings * F32_UNIT_ROUNDOFF * scale;
    expected.forEach((value, i) => {
      const actual = got.get(name)![i];
      ok(Math.abs(actual - value) <= limit, `${what}: ${name}[${i}] is ${actual}, not ${value}`);
    });
  }
}
