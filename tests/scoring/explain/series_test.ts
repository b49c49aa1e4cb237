/**
 * Explanations of a series. Oracles: dense conditionals of W Wᵀ + diag(ψ); the series before a fault was planted; the
 * library's own results for the command line.
 */
import assert from "node:assert/strict";
import { Detector } from "../../../mod.ts";
import { cholesky, inverse } from "../../../src/core/algebra/cholesky.ts";
import { ColumnTerms } from "../../../src/scoring/explain/column_terms.ts";
import { KnownCells } from "../../../src/scoring/explain/known_cells.ts";
import { assertRelative } from "../../util/close.ts";
import { normals } from "../../util/data.ts";
import { elbowOk, Folder } from "../../cli/util.ts";

/** E[x_d] and its variance given x_o for o in `given`, by blocks of the covariance. */
function byCovariance(
  covariance: number[][],
  x: readonly number[],
  given: readonly number[],
  d: number,
) {
  const n = given.length;
  const block = Float64Array.from(given.flatMap((i) => given.map((j) => covariance[i][j])));
  const inverted = inverse(cholesky(block, n), n);
  let mean = 0, variance = covariance[d][d];
  given.forEach((i, a) =>
    given.forEach((j, b) => {
      mean += covariance[d][i] * inverted[a * n + b] * x[j];
      variance -= covariance[d][i] * inverted[a * n + b] * covariance[j][d];
    })
  );
  return { mean, variance };
}

Deno.test("KnownCells gives the conditionals of the dense covariance, for known cells and for those left out", () => {
  const latent = 2,
    width = 6,
    variances = [0.3, 0.1, 0.5, 0.3, 0.8, 0.2],
    [loadings, noise] = [normals(12, 3), normals(6, 4)];
  const mean = [1, -2, 0, 3, 0.5, 0], x = noise.map((value, d) => 2 * value + mean[d]);
  const covariance = Array.from(
    { length: width },
    (_, i) =>
      Array.from(
        { length: width },
        (_, j) =>
          loadings[i] * loadings[j] + loadings[width + i] * loadings[width + j] +
          (i === j ? variances[i] : 0),
      ),
  );
  const centred = x.map((value, d) => value - mean[d]);
  const known = new KnownCells({ loadings, mean, variances, latent }, x.with(5, NaN));
  known.leaveOut(2);
  known.leaveOut(2);
  const given = [0, 1, 3, 4];
  for (const d of [2, 5]) {
    const want = byCovariance(covariance, centred, given, d), got = known.expected(d);
    assertRelative([got.mean, got.variance], [want.mean + mean[d], want.variance], 1e-10, 1e-10);
    assert.ok(!known.has(d));
  }
  for (const d of given) {
    const want = byCovariance(covariance, centred, given.filter((each) => each !== d), d);
    assertRelative(known.squaredDeviation(d), (centred[d] - want.mean) ** 2 / want.variance, 1e-9);
  }
});

const COLUMNS = ["level", "cycle", "flow", "noisy"];

/** A level that wanders, a cycle of 24 steps, their sum, and a noisy sensor. */
function stepsOf(count: number, seed: number): number[][] {
  const noise = normals(4 * count, seed);
  let level = 0;
  return Array.from({ length: count }, (_, t) => {
    level = 0.9 * level + noise[4 * t];
    const cycle = 2 * Math.sin(2 * Math.PI * t / 24) + 0.2 * noise[4 * t + 1];
    return [level, cycle, 0.5 * level + cycle + 0.2 * noise[4 * t + 2], 5 + 3 * noise[4 * t + 3]];
  });
}

const DETECTOR = await Detector.fit(stepsOf(3000, 1), { window: 24, columns: COLUMNS, seed: 1 });

Deno.test("explain() of a series blames the column with a planted fault, and expects what it was before", async () => {
  // A wandering level can be distinguished from what follows it only while a fault is short compared with the window.
  const faults = [[-8, 5], [3, 15], [3, 15]] as const;
  for (const [column, [shift, length]] of faults.entries()) {
    const truth = stepsOf(400, 7 + column), isWrong = (t: number) => t >= 200 && t < 200 + length;
    const rows = truth.map((row, t) => isWrong(t) ? row.with(column, row[column] + shift) : row);
    const explained = await DETECTOR.explain(rows);
    let first = 0, near = 0, covered = 0;
    for (let t = 200; t < 200 + length; t++) {
      const { score, contributions, blamed: [cell] } = explained[t];
      const sum = Object.values(contributions).reduce((total, nats) => total + nats);
      assert.ok(Math.abs(sum - score) <= 1e-5);
      if (cell.column !== COLUMNS[column]) continue;
      const [low, high] = cell.interval as [number, number], was = truth[t][column];
      first++;
      assert.equal(cell.value, rows[t][column]);
      near += Number(Math.abs(cell.expected as number - was) < Math.abs(shift) / 3);
      covered += Number(low <= was && was <= high);
    }
    const counts = `${
      COLUMNS[column]
    }: ${first} first, ${near} near, ${covered} covered of ${length}`;
    assert.ok(first >= 0.9 * length && near >= 0.8 * length && covered >= 0.8 * length, counts);
  }
});

/** Steps with a fault, how many of the flagged ones blame it first, and how many expect what was before. */
async function explainOnline(column: number, conditional: boolean) {
  const truth = stepsOf(1200, 11 + column), stream = DETECTOR.stream();
  const isWrong = (t: number) => t >= 200 && t % 100 < 6;
  const shift = column === 0 ? -8 : 3;
  let flagged = 0, first = 0, near = 0;
  for (const [t, row] of truth.entries()) {
    const verdict = stream.push(isWrong(t) ? row.with(column, row[column] + shift) : row);
    if (!verdict?.anomaly || !isWrong(t)) continue;
    const explained = DETECTOR.explainNewest(stream, verdict, { conditional, columns: 1 });
    const sum = explained.contributions.reduce((total, nats) => total + nats);
    assert.ok(Math.abs(sum - verdict.score) <= 1e-5, `${sum}, not ${verdict.score}`);
    flagged++;
    const [cell] = explained.blamed;
    if (cell?.column !== COLUMNS[column]) continue;
    first++;
    near += Number(Math.abs(cell.expected as number - row[column]) < Math.abs(shift) / 2);
  }
  return { flagged, first, near };
}

Deno.test("explainNewest() blames the sensor that is wrong in a stream, and expects what it was before", async () => {
  for (const conditional of [false, true]) {
    for (const column of [0, 1, 2]) {
      const { flagged, first, near } = await explainOnline(column, conditional);
      const counts = `${
        COLUMNS[column]
      }, ${conditional}: ${first} first, ${near} near of ${flagged}`;
      assert.ok(flagged >= 20 && first >= 0.9 * flagged && near >= 0.8 * first, counts);
    }
  }
});

Deno.test("conditional contributions of a series sum to its scores, and blame the column with a fault", async () => {
  const truth = stepsOf(400, 8), isWrong = (t: number) => t >= 200 && t < 215;
  for (const column of [1, 2]) {
    const rows = truth.map((row, t) => isWrong(t) ? row.with(column, row[column] + 3) : row);
    const explained = await DETECTOR.explain(rows, { conditional: true });
    for (const { score, contributions } of explained) {
      const sum = Object.values(contributions).reduce((total, nats) => total + nats);
      assert.ok(Math.abs(sum - score) <= 1e-5);
    }
    const faulty = explained.filter((_, t) => isWrong(t));
    const first = faulty.filter(({ blamed }) => blamed[0]?.column === COLUMNS[column]).length;
    assert.ok(first >= 0.9 * faulty.length, `${COLUMNS[column]}: first in ${first}`);
  }
});

Deno.test("ColumnTerms gives what the squared distance loses without a column, also if cells are missing", () => {
  const latent = 2, width = 6, variances = [0.3, 0.1, 0.5, 0.3, 0.8, 0.2];
  const loadings = normals(12, 3), mean = [1, -2, 0, 3, 0.5, 0];
  const x = normals(6, 4).map((value, d) => 2 * value + mean[d]);
  const distance = (dimensions: number[]) => {
    const n = dimensions.length, at = (l: number, d: number) => loadings[l * width + d];
    const covariance = Float64Array.from(
      dimensions.flatMap((i) =>
        dimensions.map((j) =>
          at(0, i) * at(0, j) + at(1, i) * at(1, j) + (i === j ? variances[i] : 0)
        )
      ),
    );
    const inverted = inverse(cholesky(covariance, n), n);
    let sum = 0;
    dimensions.forEach((i, a) =>
      dimensions.forEach((j, b) => sum += (x[i] - mean[i]) * inverted[a * n + b] * (x[j] - mean[j]))
    );
    return sum;
  };
  const columnOf = [0, 1, 2, 0, 1, 2];
  const terms = new ColumnTerms({ loadings, mean, variances, latent }, columnOf, 3);
  for (const missing of [[], [3], [1, 4]]) {
    const known = [0, 1, 2, 3, 4, 5].filter((d) => !missing.includes(d));
    const got = terms.terms(x.map((value, d) => missing.includes(d) ? NaN : value), [1, 1, 1]);
    const want = [0, 1, 2].map((c) =>
      distance(known) - distance(known.filter((d) => columnOf[d] !== c))
    );
    assertRelative([...got], want, 1e-9, 1e-9);
  }
});

Deno.test("intervals of a series cover as many fresh steps as stated, column by column", async () => {
  const rows = stepsOf(1000, 5), covered = new Map<string, number[]>();
  for (const level of [0.8, 0.95]) {
    covered.clear();
    for (const [t, { blamed }] of (await DETECTOR.explain(rows, { columns: 4, level })).entries()) {
      for (const { column, interval } of blamed) {
        const [low, high] = interval as [number, number], value = rows[t][COLUMNS.indexOf(column)];
        const hits = covered.get(column) ?? [];
        covered.set(column, [...hits, Number(low <= value && value <= high)]);
      }
    }
    assert.equal(covered.size, 4);
    for (const [column, hits] of covered) {
      const share = hits.reduce((sum, hit) => sum + hit) / hits.length;
      // Steps depend on each other, and the residuals come from training data: four standard deviations of 250
      // independent steps.
      const room = 4 * Math.sqrt(level * (1 - level) / 250);
      assert.ok(Math.abs(share - level) < room, `${column}: ${share} at ${level}`);
    }
  }
});

Deno.test("explain() of a series handles missing cells, levels, times and loaded files, and refuses what it cannot explain", async () => {
  const rows: (number | null)[][] = stepsOf(120, 9);
  rows[60] = [null, null, 9, null];
  const { blamed } = (await DETECTOR.explain(rows, { columns: 4 }))[60];
  assert.equal(blamed[0].column, "flow");
  for (const { value, expected, interval } of blamed.slice(1)) {
    assert.equal(value, null);
    assert.ok([expected, ...interval!].every(Number.isFinite));
  }
  const loaded = await Detector.load(DETECTOR.save());
  assert.deepEqual(await loaded.explain(rows), await DETECTOR.explain(rows));
  const mixed = stepsOf(600, 2).map(([level, cycle], t) => ({
    level,
    cycle,
    phase: ["up", "down", "low"][Math.floor(t / 8) % 3],
    open: t % 24 < 12 ? "yes" : "no",
    at: new Date(1.7e12 + t * 6e4).toISOString(),
  }));
  const detector = await Detector.fit(mixed, { window: 24, seed: 1 });
  const wrong = mixed.slice(0, 200).map((row, t) => t === 104 ? { ...row, phase: "up" } : row);
  const cells = (await detector.explain(wrong, { columns: 5 }))[104].blamed;
  const of = (name: string) => cells.find(({ column }) => column === name);
  assert.equal(mixed[104].phase, "down");
  assert.deepEqual([of("phase")?.value, of("phase")?.expected], ["up", "down"]);
  assert.ok(of("phase")!.probability! > 0.5);
  assert.ok(["yes", "no"].includes(of("open")?.expected as string ?? "yes"));
  assert.ok((of("at")?.expected ?? null) === null);
  detector.dispose();
  loaded.dispose();
});

Deno.test("score --explain says what flagged steps of a series should have been", async () => {
  using folder = new Folder();
  const rows = stepsOf(300, 8).map((row, t) => t >= 150 && t < 160 ? row.with(2, row[2] + 4) : row);
  const text = [COLUMNS, ...rows].map((row) => row.join()).join("\n");
  const model = folder.at("m.safetensors"), data = folder.write("t.csv", `${text}\n`);
  Deno.writeFileSync(model, DETECTOR.save());
  const lines = (await elbowOk("score", model, data, "--explain", "1")).trimEnd().split("\n");
  assert.match(
    lines[155],
    /^155,.*,true,.*,"flow -?\d+\.\d+, expected -?\d+\.\d+ \(-?\d+\.\d+ to -?\d+\.\d+\)"$/,
  );
  const { scores } = JSON.parse(await elbowOk("score", model, data, "--explain", "--json"));
  for (const [r, { anomaly, blamed }] of (await DETECTOR.explain(rows)).entries()) {
    assert.deepEqual(scores[r].blamed, anomaly ? blamed : undefined);
  }
  const online = (await elbowOk("score", model, data, "--online", "--explain", "1")).split("\n");
  const stream = DETECTOR.stream();
  const verdicts = rows.map((row) => {
    const verdict = stream.push(row);
    return verdict?.anomaly
      ? DETECTOR.explainNewest(stream, verdict, { columns: 1 }).blamed[0].column
      : undefined;
  });
  assert.equal(online[0], "row,score,p_value,anomaly,top_columns,explanation");
  assert.ok(verdicts[154] !== undefined);
  for (const [t, column] of verdicts.entries()) {
    const told = /,"([a-z]+) -?[\d.]+, expected -?[\d.]+ \(-?[\d.]+ to -?[\d.]+\)"$/.exec(
      online[t + 1],
    );
    assert.equal(told?.[1], column);
  }
});
