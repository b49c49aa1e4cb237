/**
 * Flows on the float64 reference, against their own Jacobian: ln |det| is the determinant of the matrix of derivatives
 * that the graph gives, and Newton's method finds the original draw from any starting point.
 */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { batched } from "../../src/core/shape.ts";
import { applyFlow, type FlowSpec, parseFlows } from "../../src/flows/mod.ts";
import type { Transformed } from "../../src/flows/flow.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { dense } from "../../src/layers/mlp.ts";
import type { Node } from "../../src/ops/spec.ts";
import { assertRelative } from "../util/close.ts";
import { REFERENCE } from "../util/executors.ts";
import { inputScope, runGraph } from "../util/probe.ts";

const CONTEXT = 3;

const SPECS: readonly FlowSpec[] = [
  { type: "planar" },
  { type: "radial" },
  { type: "coupling", hidden: [5, 4] },
  { type: "iaf", hidden: [7] },
  { type: "iaf", hidden: [6, 6] },
];

/** One flow over z `[B, L]`, whose parameters are inputs with seeded values. */
class Probe {
  readonly spec: FlowSpec;
  readonly size: number;
  readonly index: number;
  readonly #values: Record<string, ArrayLike<number>> = {};
  readonly #random = new HostRandom(5, 0, 0);

  constructor(spec: FlowSpec, size: number, index: number) {
    this.spec = spec;
    this.size = size;
    this.index = index;
  }

  /** z', ln |det| and the Jacobian `[B, L, L]` at rows of z. */
  at(z: readonly number[]): { z: Float64Array; logDet: Float64Array; jacobian: Float64Array } {
    const rows = z.length / this.size;
    const context = Array.from({ length: rows * CONTEXT }, (_, i) => Math.cos(i % CONTEXT));
    const read = runGraph(REFERENCE, rows, (g) => this.#build(g), {
      ...this.#values,
      ...this.#declare(),
      z,
      context,
    });
    const jacobian = new Float64Array(rows * this.size ** 2);
    for (let k = 0; k < this.size; k++) {
      for (let row = 0; row < rows; row++) {
        const slopes = read[`slope${k}`].subarray(row * this.size, (row + 1) * this.size);
        jacobian.set(slopes, (row * this.size + k) * this.size);
      }
    }
    return { z: read.after, logDet: read.logDet, jacobian };
  }

  #build(g: Graph): Record<string, Node> {
    const z = g.input("z", batched(this.size));
    const { z: after, logDet } = this.#flow(g, z);
    const slopes = Array.from({ length: this.size }, (_, k) => {
      const total = g.sumRows(g.sliceCols(after, { start: k, count: 1 }), { mean: false });
      return [`slope${k}`, gradient(g, total, [z])[0]] as const;
    });
    return { after, logDet, ...Object.fromEntries(slopes) };
  }

  #flow(g: Graph, z: Node): Transformed {
    const scope = inputScope(g);
    const context = g.input("context", batched(CONTEXT));
    const amortise = (part: string, cols: number) => dense(scope, part, context, cols);
    return applyFlow(scope, this.spec, { name: "flow", z, index: this.index, amortise });
  }

  /** Values of the parameters, the same in all runs. */
  #declare(): Record<string, ArrayLike<number>> {
    if (Object.keys(this.#values).length > 0) return this.#values;
    const collect = (name: string, count: number) => {
      this.#values[name] ??= Array.from(
        { length: count },
        () => 2 * this.#random.uniformF64() - 1,
      );
    };
    runGraphShapes((g) => this.#build(g), collect);
    return this.#values;
  }
}

/** Calls `collect` for every input of fixed shape. */
function runGraphShapes(
  build: (g: Graph) => unknown,
  collect: (name: string, count: number) => void,
): void {
  const g = createGraph();
  build(g);
  for (const { op, name, shape } of g.nodes) {
    if (op === "input" && !shape.batched) collect(name, shape.rows * shape.cols);
  }
}

const DRAWS = 12;

function draws(size: number): number[] {
  const random = new HostRandom(9, 1, 0);
  return Array.from({ length: DRAWS * size }, () => 6 * random.uniformF64() - 3);
}

for (const spec of SPECS) {
  for (const [size, index] of [[2, 0], [2, 1], [3, 0], [5, 1]]) {
    const name = `${spec.type} ${"hidden" in spec ? spec.hidden : ""} L = ${size}, flow ${index}`;

    Deno.test(`${name}: ln |det| is the determinant of the derivatives`, () => {
      const { logDet, jacobian } = new Probe(spec, size, index).at(draws(size));
      for (let row = 0; row < DRAWS; row++) {
        const matrix = jacobian.subarray(row * size ** 2, (row + 1) * size ** 2);
        const expected = logDeterminant(matrix, size);
        // Radial flows only: r has the rounding of a logarithm and an exponential.
        assertRelative(logDet[row], expected, 1e-10, 1e-11, `row ${row}`);
      }
    });

    Deno.test(`${name}: Newton's method finds the draw from other starting points`, () => {
      const probe = new Probe(spec, size, index);
      const before = draws(size);
      const { z: goal } = probe.at(before);
      for (const start of [goal, new Float64Array(goal.length)]) {
        const found = invert(probe, goal, start);
        assertRelative(found, before, 1e-7, 1e-7, "draw");
      }
    });
  }
}

Deno.test("in an inverse autoregressive flow, dimension k depends only on those before it", () => {
  const size = 5;
  for (const index of [0, 1]) {
    const { jacobian } = new Probe({ type: "iaf", hidden: [9] }, size, index).at(draws(size));
    let seen = 0;
    for (let i = 0; i < jacobian.length; i++) {
      const k = Math.floor(i / size) % size, j = i % size;
      const isBefore = index === 0 ? j < k : j > k;
      if (isBefore && jacobian[i] !== 0) seen++;
      if (j !== k && !isBefore) assert.equal(jacobian[i], 0, `flow ${index}: ${k} by ${j}`);
    }
    // Every pair in order is connected: 10 per row.
    assert.equal(seen, DRAWS * 10);
  }
});

Deno.test("invalid flows are refused with the reason", () => {
  const parse = (flow: unknown, size = 2) => parseFlows("spec.latent[0].flows", [flow], size);
  assert.throws(() => parse({ type: "spline" }), /flows\[0\]\.type.*planar/);
  assert.throws(() => parse({ type: "planar", hidden: [3] }), /hidden/);
  assert.throws(() => parse({ type: "coupling" }, 1), /latent size of 2/);
  assert.throws(() => parse({ type: "iaf", hidden: [3, 4] }), /widths must be equal/);
  assert.throws(() => parse({ type: "iaf", hidden: [] }), /list of 1 to 8/);
});

/** ln |det| by elimination with row exchanges. */
function logDeterminant(matrix: Float64Array, size: number): number {
  const rows = Array.from(
    { length: size },
    (_, k) => [...matrix.subarray(k * size, (k + 1) * size)],
  );
  let total = 0;
  for (let k = 0; k < size; k++) {
    const pivot = rows.reduce(
      (best, row, i) => i >= k && Math.abs(row[k]) > Math.abs(rows[best][k]) ? i : best,
      k,
    );
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    total += Math.log(Math.abs(rows[k][k]));
    for (let i = k + 1; i < size; i++) {
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j < size; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  return total;
}

/** Damped Newton steps for all rows at once, until they are small. */
function invert(probe: Probe, goal: Float64Array, start: Float64Array): Float64Array {
  const { size } = probe;
  let z = start.slice(), error = Infinity;
  let residual = probe.at([...z]);
  for (let step = 0; step < 200 && error > 1e-12; step++) {
    const next = z.slice();
    for (let row = 0; row < DRAWS; row++) {
      const at = row * size;
      const matrix = residual.jacobian.subarray(row * size ** 2, (row + 1) * size ** 2);
      const wanted = Array.from({ length: size }, (_, k) => goal[at + k] - residual.z[at + k]);
      const move = solve(matrix, wanted, size);
      const length = Math.hypot(...move), damping = Math.min(1, 0.5 / length);
      for (let k = 0; k < size; k++) next[at + k] += damping * move[k];
    }
    z = next;
    residual = probe.at([...z]);
    error = Math.max(...goal.map((value, i) => Math.abs(value - residual.z[i])));
  }
  return z;
}

/** Solves matrix · x = right by elimination. */
function solve(matrix: Float64Array, right: readonly number[], size: number): number[] {
  const rows = right.map((value, k) => [...matrix.subarray(k * size, (k + 1) * size), value]);
  for (let k = 0; k < size; k++) {
    const pivot = rows.reduce(
      (best, row, i) => i >= k && Math.abs(row[k]) > Math.abs(rows[best][k]) ? i : best,
      k,
    );
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    for (let i = 0; i < size; i++) {
      if (i === k) continue;
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j <= size; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  return rows.map((row, k) => row[size] / row[k]);
}
