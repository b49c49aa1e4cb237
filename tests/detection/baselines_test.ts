/**
 * Baselines against independent computations: the inverse covariance by Cholesky, tail counts by definition, and the
 * exact mean depth under random splits of few values.
 */
import assert from "node:assert/strict";
import { cholesky, solveRows } from "../../src/core/algebra/cholesky.ts";
import { ecod } from "../../src/detection/baselines/ecod.ts";
import { averagePath, isolationForest } from "../../src/detection/baselines/isolation_forest.ts";
import { baselineScores } from "../../src/detection/baselines/mod.ts";
import { mahalanobis, pca } from "../../src/detection/baselines/pca.ts";
import { knn } from "../../src/detection/baselines/knn.ts";
import { auroc } from "../../src/scoring/metrics.ts";
import { type ColumnSchema, numericSchema } from "../../src/scoring/table/schema.ts";
import { standardizationOf, standardize } from "../../src/scoring/table/standardize.ts";
import { assertRelative } from "../util/close.ts";
import { cellsOf, normals, planeRows } from "../util/data.ts";

const matrix = (rows: readonly number[][]) => ({
  data: Float32Array.from(rows.flat()),
  shape: [rows.length, rows[0].length] as const,
});
const TRAINING = matrix(planeRows(300, 4, 1, 0.5)), TEST = matrix(planeRows(50, 4, 2, 3));

Deno.test("mahalanobis() is (x - μ)ᵀ S⁻¹ (x - μ), by Cholesky", () => {
  const { data, shape: [rows, width] } = TRAINING;
  const mean = Array.from(
    { length: width },
    (_, c) => data.reduce((sum, x, i) => i % width === c ? sum + x / rows : sum, 0),
  );
  const covariance = new Float64Array(width * width);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        covariance[i * width + j] += (data[r * width + i] - mean[i]) *
          (data[r * width + j] - mean[j]) / rows;
      }
    }
  }
  const factor = cholesky(covariance, width);
  const expected = Array.from({ length: TEST.shape[0] }, (_, r) => {
    const offset = mean.map((each, c) => TEST.data[r * width + c] - each);
    const solved = Float64Array.from(offset);
    solveRows(factor, width, solved);
    return offset.reduce((sum, each, c) => sum + each * solved[c], 0);
  });
  // Both sides solve with a matrix of condition number below 1e3, in float64.
  assertRelative(mahalanobis()(TRAINING)(TEST), expected, 1e-10);
});

Deno.test("pca() of independent columns is a sum over axes that is known in closed form", () => {
  // Four points: variance 4 along x and 1 along y. Their corners are on the sides of (2.5, 0) and (0, 1.5), at (1, 0)
  // and (0, 1).
  const side = Math.SQRT2;
  const training = matrix([[2 * side, 0], [-2 * side, 0], [0, side], [0, -side]]);
  const [score] = pca()(training)(matrix([[3, 4]]));
  const tips = [-1, 1].flatMap((sx) =>
    [-1, 1].map((sy) => Math.hypot(3 - sx, 4) / (4 / 5) + Math.hypot(3, 4 - sy) / (1 / 5))
  );
  assert.ok(tips.some((tip) => Math.abs(tip - score) < 1e-5), `${score} of ${tips}`);
});

Deno.test("ecod() sums the larger tail of each column, counted by definition", () => {
  const { data, shape: [rows, width] } = TRAINING;
  const expected = Array.from({ length: TEST.shape[0] }, (_, r) => {
    let score = 0;
    for (let c = 0; c < width; c++) {
      const x = TEST.data[r * width + c];
      let below = 1, above = 1;
      for (let t = 0; t < rows; t++) {
        if (data[t * width + c] <= x) below++;
        if (data[t * width + c] >= x) above++;
      }
      score -= Math.log(Math.min(below, above) / (rows + 1));
    }
    return score;
  });
  assertRelative(ecod()(TRAINING)(TEST), expected, 1e-12);
});

/**
 * E[depth of x] in a tree on these sorted values, cut at `levels`: a split falls into a gap in proportion to its width.
 */
function meanDepth(values: readonly number[], x: number, levels: number): number {
  if (levels === 0 || values.length < 2) return averagePath(values.length);
  const span = values.at(-1)! - values[0];
  let depth = 1;
  for (let i = 1; i < values.length; i++) {
    const share = (values[i] - values[i - 1]) / span;
    const side = x < values[i] ? values.slice(0, i) : values.slice(i);
    depth += share * meanDepth(side, x, levels - 1);
  }
  return depth;
}

Deno.test("isolationForest() has the exact mean depth, within its Monte Carlo error", () => {
  const values = [0, 1, 3, 3.5, 7, 8, 8.25, 20], trees = 20_000;
  const score = isolationForest({ trees, sample: 8, seed: 4 })(matrix(values.map((x) => [x])));
  score(matrix(values.map((x) => [x]))).forEach((each, i) => {
    const depth = -Math.log2(each) * averagePath(8);
    // A depth is within 0 … 3 + c(5); half of that range bounds its standard deviation.
    const error = (3 + averagePath(5)) / 2 / Math.sqrt(trees);
    const expected = meanDepth(values, values[i], 3);
    assert.ok(Math.abs(depth - expected) < 4 * error, `${values[i]}: ${depth} for ${expected}`);
  });
});

Deno.test("averagePath() is the mean depth of a leaf if all splits of n are equally likely", () => {
  const external = [0, 0];
  for (let n = 2; n < 40; n++) {
    let sum = 0;
    for (let left = 1; left < n; left++) {
      sum += left * external[left] + (n - left) * external[n - left];
    }
    external.push(1 + sum / (n - 1) / n);
    assertRelative(averagePath(n), external[n], 1e-12, 0, `n = ${n}`);
  }
});

Deno.test("baselineScores() finds planted faults in a table with constant and duplicate columns", () => {
  const rows = planeRows(400, 5, 9, 0.2).map((row) => [...row, 7, row[0]]);
  const noise = normals(60, 3);
  const faulty = rows.slice(300, 330).map((row, r) => row.with(r % 5, row[r % 5] + 9 + noise[r]));
  const test = cellsOf([...rows.slice(300), ...faulty]);
  const training = cellsOf(rows.slice(0, 300));
  for (const [name, scores] of baselineScores(training, test, numericSchema([..."abcdefg"]), 1)) {
    assert.ok(scores.every(Number.isFinite), name);
    const [normal, anomalies] = [scores.slice(0, 100), scores.slice(100)];
    const wins = normal.reduce((sum, s) => sum + anomalies.filter((a) => a > s).length, 0) / 3000;
    assert.ok(wins > 0.8, `${name}: AUROC ${wins}`);
  }
});

Deno.test("baselineScores() treats the codes of categories as levels, not as numbers", () => {
  // Two columns of eight levels. Normally the first determines the second; in an anomaly it does not.
  const follows = [5, 0, 7, 2, 6, 1, 4, 3], levels = [..."abcdefgh"], noise = normals(1200, 5);
  const schema: ColumnSchema[] = [
    { name: "u", kind: "categorical", levels },
    { name: "v", kind: "categorical", levels },
    { name: "x", kind: "numeric" },
  ];
  const table = (from: number, rows: number, wrong: number) => {
    const data = new Float64Array(3 * rows);
    for (let r = 0; r < rows; r++) {
      const shown = r < wrong ? r + 1 + r % 7 : r;
      data.set([r % 8, follows[shown % 8], noise[from + r]], 3 * r);
    }
    return { data, rows };
  };
  const training = table(0, 800, 0), test = table(800, 400, 80);
  const label = Float64Array.from({ length: 400 }, (_, r) => r < 80 ? 1 : 0);
  const scores = new Map(baselineScores(training, test, schema));
  for (const name of ["kNN", "Mahalanobis"]) {
    const found = auroc(scores.get(name)!, label);
    assert.ok(found > 0.95, `${name}: AUROC ${found}`);
  }
});

Deno.test("baselineScores() of the training rows: no row is its own neighbour", () => {
  const rows = planeRows(60, 3, 4, 0.5), schema = numericSchema(["a", "b", "c"]);
  const cells = cellsOf(rows);
  const x = standardize(cells, standardizationOf(cells, 3));
  const got = new Map(baselineScores(cells, cells, schema)).get("kNN")!;
  got.forEach((score, r) => {
    const others = {
      data: x.data.filter((_, i) => Math.floor(i / 3) !== r),
      shape: [59, 3] as const,
    };
    const alone = { data: x.data.slice(3 * r, 3 * r + 3), shape: [1, 3] as const };
    assert.equal(score, knn()(others)(alone)[0]);
  });
});

Deno.test("ecod() counts a training row once, as PyOD does: it scores like a row that was left out of the training rows", () => {
  const { data, shape: [rows, width] } = TRAINING;
  const own = Int32Array.from({ length: rows }, (_, r) => r);
  const scores = ecod()(TRAINING)(TRAINING, own);
  for (let r = 0; r < rows; r += 17) {
    const others = {
      data: data.filter((_, i) => Math.floor(i / width) !== r),
      shape: [rows - 1, width] as const,
    };
    const alone = { data: data.slice(r * width, (r + 1) * width), shape: [1, width] as const };
    assertRelative(scores[r], ecod()(others)(alone)[0], 1e-12);
  }
});
