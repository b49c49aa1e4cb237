/** The parts of an ensemble, each against its definition in code that shares nothing with it. */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { Detector } from "../../src/detection/detector.ts";
import { imputeFromNearest, imputeRow } from "../../src/scoring/ensemble/impute.ts";
import {
  candidatesPerRow,
  NEIGHBOURS,
  NeighbourStatistic,
} from "../../src/scoring/ensemble/neighbours.ts";
import { surprisalAt, surprisalOf } from "../../src/scoring/ensemble/surprisal.ts";
import { curveAt, curveInverse, CurveReader } from "../../src/scoring/views/curve.ts";
import { runSync } from "../../src/trained/steps.ts";
import { CovarianceSums, linearResiduals } from "../../src/detection/ensemble/linear.ts";
import { fitViews } from "../../src/detection/ensemble/fit_views.ts";
import { project } from "../../src/scoring/views/projector.ts";
import { unproject } from "../../src/scoring/views/view.ts";
import { numericSchema } from "../../src/scoring/table/schema.ts";
import { cellsOf, normals, planeRows } from "../util/data.ts";

Deno.test("surprisalOf() counts below the 95 % quantile, and is linear in ln t above it", () => {
  const values = Float64Array.from(normals(4000, 3), (z) => Math.exp(z));
  const curve = new CurveReader(surprisalOf(values));
  const sorted = values.slice().sort();
  for (const share of [0.3, 0.6, 0.9]) {
    const at = sorted[Math.floor(share * 4000)];
    const counted = -Math.log(sorted.filter((value) => value >= at).length / 4001);
    // Interpolation between 24 knots of a convex curve: 5 % of the nats.
    assert.ok(Math.abs(surprisalAt(curve, at) - counted) < 0.05 * counted + 0.02, `${share}`);
  }
  const split = sorted[Math.floor(0.95 * 3999)];
  const excess = sorted.filter((value) => value > split).map((value) => Math.log(value / split));
  const theta = excess.reduce((sum, each) => sum + each) / excess.length;
  const step = surprisalAt(curve, 8 * split) - surprisalAt(curve, 2 * split);
  assert.ok(Math.abs(step - Math.log(4) / theta) < 1e-9);
  assert.ok(surprisalAt(curve, 1e30) > surprisalAt(curve, 1e29), "no two far rows are equal");
  assert.ok(
    Number.isFinite(surprisalAt(new CurveReader(surprisalOf(Float64Array.of(0, 0, 0))), 1)),
  );
});

Deno.test("surprisalOf() rises by at most 50 nats per unit of ln t, however thin the tail", () => {
  const values = Float64Array.from({ length: 1000 }, (_, i) => 1 + 1e-9 * i);
  assert.equal(surprisalOf(values).slopes[1], 50);
});

Deno.test("curves are linear between knots, continue with their slopes, and can be inverted", () => {
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

Deno.test("CurveReader gives the bits of curveAt(), whatever the knots", () => {
  const draws = normals(6000, 7), heavy = Array.from(draws, (z) => Math.sinh(4 * z)).slice(0, 48);
  const knots = [
    [...heavy],
    [0],
    [0, 5e-324],
    [-1e308, 0, 1e308],
    [0, 1e-300, 2e-300, 1e300],
    [1, 1 + 2 ** -52, 1 + 2 ** -51, 2],
  ].map((x) => x.sort((a, b) => a - b));
  for (const x of knots) {
    const y = x.map((_, k) => k * k), slopes = [2, 3] as const;
    const curve = { x: Float64Array.from(x), y: Float64Array.from(y), slopes };
    const reader = new CurveReader(curve);
    const near = x.flatMap((at) => [at, at - 2 ** -52, at + 2 ** -52, at * 1.5, at / 2]);
    for (const value of [...near, ...draws, ...heavy, NaN, Infinity, -Infinity, 1e308, -1e308]) {
      assert.equal(reader.at(value), curveAt(curve, value), `${value} of ${x}`);
    }
  }
});

Deno.test("NeighbourStatistic.compute() is the half-scaled distance of its definition", () => {
  const features = 3, count = 40, rows = Float32Array.from(normals(count * features, 5));
  const spread = Float64Array.from({ length: count }, (_, r) => 0.5 + r / count);
  const nearest = new NeighbourStatistic({ rows, spread, features }, 3);
  const x = Float32Array.from(normals(3 * features, 9)), observed = new Uint8Array(3 * features);
  observed.fill(1);
  observed[2 * features + 1] = 0;
  for (const slot of [1, 2]) {
    const isThere = (f: number) => observed[slot * features + f] === 1;
    // Missing features are assumed to differ as much as the others.
    const scale = slot === 2 ? features / (features - 1) : 1;
    const square = (r: number) =>
      Array.from({ length: features }, (_, f) => f).filter(isThere).reduce((sum, f) => {
        return sum + scale * (x[slot * features + f] - rows[r * features + f]) ** 2;
      }, 0);
    const all = Array.from({ length: count }, (_, r) => r).sort((a, b) => square(a) - square(b));
    const candidates = new Float32Array(3 * candidatesPerRow(count));
    candidates.set(all.slice(0, candidatesPerRow(count)), slot * candidatesPerRow(count));
    for (const own of [-1, all[3]]) {
      const order = all.filter((r) => r !== own).slice(0, NEIGHBOURS);
      const mean = (of: (r: number) => number) => order.reduce((sum, r) => sum + of(r), 0) / 10;
      const want = mean((r) => Math.sqrt(square(r))) / Math.sqrt(mean((r) => spread[r]));
      const rows = { candidates, x, ...(slot === 2 && { observed }) };
      assert.ok(Math.abs(nearest.compute(rows, slot, own) - want) < 1e-12 * want);
      // Shares refer to the distances found.
      const share = new Float64Array(features);
      nearest.share(rows, slot, share);
      const sum = share.reduce((total, each) => total + each) * scale;
      assert.ok(Math.abs(sum - 10 * mean((r) => Math.sqrt(square(r)))) < 1e-12 * sum);
    }
  }
});

Deno.test("imputeRow() gives the conditional mean of a Gaussian, and linear residuals are the deviations from it", () => {
  const rows = planeRows(500, 4, 21, 0.5), data = Float32Array.from(rows.flat());
  const all = Uint32Array.from({ length: 500 }, (_, r) => r);
  const covariance = new CovarianceSums(4).add({ data, shape: [500, 4] }, all).covariance();
  const weight = runSync(linearResiduals(covariance, 4));
  // Normal equations of the missing feature on the three others, with the same ridge.
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

Deno.test("imputeFromNearest() adds the deviation of the nearest reference from its own regression", () => {
  const data = Float32Array.from(planeRows(60, 3, 4, 0.5).flat());
  const all = Uint32Array.from({ length: 60 }, (_, r) => r);
  const covariance = new CovarianceSums(3).add({ data, shape: [60, 3] }, all).covariance();
  const weight = runSync(linearResiduals(covariance, 3)), observed = Uint8Array.of(1, 0, 1);
  const expectedOf = (row: Float32Array) => {
    const filled = Float32Array.of(row[0], 0, row[2]);
    imputeRow(filled, observed, 0, 3, weight);
    return filled;
  };
  const x = expectedOf(data.slice(0, 3)), mean = x[1], references = data.slice(3);
  const distance = (r: number) =>
    (references[3 * r] - x[0]) ** 2 + (references[3 * r + 2] - x[2]) ** 2;
  let nearest = 0;
  for (let r = 1; r < 59; r++) if (distance(r) < distance(nearest)) nearest = r;
  const reference = references.slice(3 * nearest, 3 * nearest + 3);
  imputeFromNearest(
    x,
    observed,
    0,
    { rows: references, spread: new Float64Array(59), features: 3 },
    weight,
  );
  assert.deepEqual([x[0], x[2]], [data[0], data[2]]);
  const want = mean + reference[1] - expectedOf(reference)[1];
  assert.ok(Math.abs(x[1] - want) < 1e-6, `${x[1]} for ${want}`);
});

Deno.test("a missing cell does not make a row of a circle an anomaly to a detector trained on whole rows", async () => {
  const random = new HostRandom(5, 0, 1);
  const ring = (count: number) =>
    Array.from({ length: count }, () => {
      const angle = 2 * Math.PI * random.uniformF64(), radius = 1 + 0.02 * random.uniformF64();
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    });
  const detector = await Detector.fit(ring(1000), { seed: 1 });
  const gaps = ring(200).map(([x, y], r) => r % 2 === 0 ? [x, null] : [null, y]);
  const flagged = (await detector.score(gaps)).filter(({ anomaly }) => anomaly).length;
  // At most what a rate of 1 % and 200 calibration rows allow, with a chance of 1e-6.
  assert.ok(flagged <= 12, `${flagged} of 200 flagged`);
  const strange = await detector.score([[0, 0], [1.8, null]]);
  assert.ok(strange.every(({ anomaly }) => anomaly));
});

Deno.test("a few wild cells in training do not hide the next one", () => {
  const quantileOf = (cells: Float64Array, value: number) => {
    const view = fitViews({ data: cells, rows: cells.length }, numericSchema(["x"]))[1];
    assert.equal(view.name, "quantile");
    return project(view, { data: Float64Array.of(value), rows: 1 }, 1).x.data[0];
  };
  const plain = Float64Array.from(normals(10_000, 5)), wild = plain.slice();
  wild.fill(50, 0, 4);
  // One nat per standard deviation beyond the last ordinary value, with or without wild cells; the standard deviation
  // is 1.4.
  assert.ok(quantileOf(plain, 50) > 45, `${quantileOf(plain, 50)}`);
  assert.ok(quantileOf(wild, 50) > 30, `${quantileOf(wild, 50)}`);
  // Short tables have no trimming: a rare value counts, even beside a single other one.
  assert.ok(quantileOf(plain.slice(0, 2000).fill(50, 0, 1), 50) < 4);
  assert.ok(quantileOf(new Float64Array(10_000).fill(1, 0, 3), 1) < 4);
});

Deno.test("views convert cells to features and back", () => {
  const rows = planeRows(300, 3, 8).map((
    [a, b, c],
  ) => [1e6 + 50 * a, Math.exp(b), c > 0 ? 1 : 0]);
  const cells = cellsOf(rows);
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
