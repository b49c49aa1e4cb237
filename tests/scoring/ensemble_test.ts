/** The parts of an ensemble: each against its definition, by loops that share no code with it. */
import assert from "node:assert/strict";
import { imputeRow } from "../../src/scoring/ensemble/impute.ts";
import { Nearest, NEIGHBOURS } from "../../src/scoring/ensemble/neighbours.ts";
import { surprisalAt, surprisalOf } from "../../src/scoring/ensemble/surprisal.ts";
import { curveAt, curveInverse } from "../../src/scoring/views/curve.ts";
import { linearResiduals, Moments } from "../../src/detection/ensemble/linear.ts";
import { fitViews } from "../../src/detection/ensemble/fit_views.ts";
import { project, unproject } from "../../src/scoring/views/view.ts";
import { numericSchema } from "../../src/scoring/schema.ts";
import { normals, planeRows } from "../util/data.ts";

Deno.test("surprisalOf() counts below the 95 % point and is straight in ln t beyond it", () => {
  const values = Float64Array.from(normals(4000, 3), (z) => Math.exp(z));
  const curve = surprisalOf(values);
  const sorted = values.slice().sort();
  for (const share of [0.3, 0.6, 0.9]) {
    const at = sorted[Math.floor(share * 4000)];
    const counted = -Math.log(sorted.filter((value) => value >= at).length / 4001);
    // Between 24 knots of a convex curve: 5 % of the nats.
    assert.ok(Math.abs(surprisalAt(curve, at) - counted) < 0.05 * counted + 0.02, `${share}`);
  }
  const split = sorted[Math.floor(0.95 * 3999)];
  const excess = sorted.filter((value) => value > split).map((value) => Math.log(value / split));
  const theta = excess.reduce((sum, each) => sum + each) / excess.length;
  const step = surprisalAt(curve, 8 * split) - surprisalAt(curve, 2 * split);
  assert.ok(Math.abs(step - Math.log(4) / theta) < 1e-9);
  assert.ok(surprisalAt(curve, 1e30) > surprisalAt(curve, 1e29), "no two far rows are equal");
  assert.ok(Number.isFinite(surprisalAt(surprisalOf(Float64Array.of(0, 0, 0)), 1)));
});

Deno.test("curves are straight between knots, go on at their slopes, and have an inverse", () => {
  const curve = {
    x: Float64Array.of(0, 1, 4),
    y: Float64Array.of(-1, 0, 2),
    slopes: [2, 3] as const,
  };
  for (const [x, y] of [[-1, -3], [0, -1], [0.5, -0.5], [2.5, 1], [4, 2], [5, 5]]) {
    assert.equal(curveAt(curve, x), y);
    assert.equal(curveInverse(curve, y), x);
  }
});

Deno.test("Nearest.find() is the half-scaled distance by definition", () => {
  const features = 3, count = 40, rows = Float32Array.from(normals(count * features, 5));
  const spread = Float64Array.from({ length: count }, (_, r) => 0.5 + r / count);
  const nearest = new Nearest({ rows, spread, features });
  const x = Float32Array.from(normals(features, 9)), observed = new Uint8Array(features).fill(1);
  const square = (r: number) =>
    x.reduce((sum, value, f) => sum + (value - rows[r * features + f]) ** 2, 0);
  const keys = Float32Array.from({ length: count }, (_, r) => square(r));
  for (const own of [-1, 7]) {
    const order = Array.from({ length: count }, (_, r) => r).filter((r) => r !== own)
      .sort((a, b) => square(a) - square(b)).slice(0, NEIGHBOURS);
    const mean = (of: (r: number) => number) => order.reduce((sum, r) => sum + of(r), 0) / 10;
    const want = mean((r) => Math.sqrt(square(r))) / Math.sqrt(mean((r) => spread[r]));
    assert.ok(Math.abs(nearest.find(keys, 0, x, 0, observed, own) - want) < 1e-12 * want);
  }
});

Deno.test("imputeRow() gives the conditional mean of a Gaussian, and linear residuals its deviations", () => {
  const rows = planeRows(500, 4, 21, 0.5), data = Float32Array.from(rows.flat());
  const all = Uint32Array.from({ length: 500 }, (_, r) => r);
  const covariance = new Moments(4).add({ data, shape: [500, 4] }, all).covariance();
  const weight = linearResiduals(covariance, 4);
  // By normal equations of one missing feature on the three others, with the same ridge.
  const c = (i: number, j: number) => covariance[i * 4 + j] + (i === j ? 0.01 : 0);
  const others = [0, 1, 3];
  const system = others.map((i) => [...others.map((j) => c(i, j)), c(i, 2)]);
  for (let p = 0; p < 3; p++) {
    for (let r = 0; r < 3; r++) {
      if (r === p) continue;
      const factor = system[r][p] / system[p][p];
      for (let k = 0; k < 4; k++) system[r][k] -= factor * system[p][k];
    }
  }
  const beta = system.map((row, i) => row[3] / row[i]);
  const x = data.slice(0, 4), observed = Uint8Array.of(1, 1, 0, 1);
  const want = beta.reduce((sum, b, i) => sum + b * x[others[i]], 0);
  x[2] = 0;
  imputeRow(x, observed, 0, 4, weight);
  assert.ok(Math.abs(x[2] - want) < 1e-5, `${x[2]} for ${want}`);
});

Deno.test("views bring cells to the unit of their column and back", () => {
  const rows = planeRows(300, 3, 8).map((
    [a, b, c],
  ) => [1e6 + 50 * a, Math.exp(b), c > 0 ? 1 : 0]);
  const cells = { data: Float64Array.from(rows.flat()), rows: 300 };
  for (const view of fitViews(cells, numericSchema(["a", "b", "c"]))) {
    const { x } = project(view, cells, 3);
    for (let f = 0; f < 3; f++) {
      let sum = 0;
      for (let r = 0; r < 300; r++) sum += x.data[r * 3 + f] / 300;
      assert.ok(Math.abs(sum) < 1e-4, `${view.name} ${f}: ${sum}`);
    }
    const back = unproject(view, x, 3);
    // float32 keeps seven digits of the feature; near 1e6 the spread is 50.
    cells.data.forEach((value, i) => {
      const tolerance = [1e-3, 1e-3 * (1 + Math.abs(value)), 1e-4][i % 3];
      assert.ok(Math.abs(back.data[i] - value) < tolerance, `${view.name} ${i}`);
    });
  }
});
