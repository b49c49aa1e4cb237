/**
 * Rows with missing cells, scored by a network that was trained on whole rows. Oracle: the bounds of the same rows with
 * each filling written in.
 */
import assert from "node:assert/strict";
import { Detector, TableScorer } from "../../mod.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { heldOutScores } from "../../src/detection/calibrate.ts";
import { standardize } from "../../src/scoring/table/standardize.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { writePackedFile } from "../../src/trained/file/packed_file.ts";
import { cellsOf } from "../util/data.ts";
import { withoutRelaxedSimd } from "../util/host.ts";

const RANDOM = new HostRandom(5, 0, 1);

/** Rows that lie on a circle. */
function ring(count: number): number[][] {
  return Array.from({ length: count }, () => {
    const angle = 2 * Math.PI * RANDOM.uniformF64(), radius = 1 + 0.1 * RANDOM.uniformF64();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

const DETECTOR = await Detector.fit(ring(1000), { seed: 1, preset: "small", falseAlarmRate: 0.05 });

Deno.test("a missing cell does not make a row of a circle an anomaly to preset small, and a wrong cell beside it is still found", async () => {
  const gaps = ring(400).map(([x, y], r) => r % 2 === 0 ? [x, null] : [null, y]);
  const flagged = (await DETECTOR.score(gaps)).filter(({ anomaly }) => anomaly).length;
  // Calibrated on 200 rows; of 400 more at 5 %, the number flagged is beta-binomial: up to four standard deviations.
  assert.ok(flagged <= 52, `${flagged} of 400 flagged`);
  for (const row of [[1.8, null], [null, -1.8], [0.1, 0.1]]) {
    const [{ anomaly }] = await DETECTOR.score([row]);
    assert.ok(anomaly, `${row}`);
  }
});

Deno.test("a row with missing cells gets the tightest bound over all fillings, and missing cells get their mean cost", async () => {
  const width = 2, detector = await Detector.load(DETECTOR.save()), { vae, table } = detector;
  const gaps = ring(60).map((row, r) =>
    row.map((cell, c) => c === r % width || r % 10 === 0 ? NaN : cell)
  );
  const { scores, contributions } = detector.scoreCells(cellsOf(gaps));
  const starts = (await vae.sample(8, { seed: 0, mean: true })).data;
  let byDraws = 0;
  for (const [r, row] of gaps.entries()) {
    const { data } = standardize(cellsOf([row]), table.standardization);
    const bounds: number[] = [];
    for (let start = -1; start < 8; start++) {
      const x = data.map((value, c) =>
        value === value ? value : start < 0 ? 0 : starts[start * width + c]
      );
      for (let time = 0; time < 3; time++) {
        const made = (await vae.reconstruct({ data: x, shape: [1, width] })).data;
        row.forEach((cell, c) => Number.isNaN(cell) && (x[c] = made[c]));
      }
      const { cost, kl } = vae.onHost.costs({ data: x, shape: [1, width] });
      const there = cost.data.filter((_, c) => !Number.isNaN(row[c]));
      bounds.push([...there, ...kl.data].reduce((a, b) => a + b, 0));
    }
    const least = Math.min(...bounds);
    if (least < bounds[0] - 1e-3) byDraws++;
    const missing = row.reduce((sum, cell, c) => sum + (cell === cell ? 0 : table.costs![c]), 0);
    // float32 costs of some tens of nats, computed by another program.
    assert.ok(Math.abs(scores[r] - least - missing) < 1e-3, `row ${r}: ${scores[r]}`);
    const parts = contributions.subarray(r * width, (r + 1) * width);
    const sum = parts.reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - scores[r]) < 1e-9 * (1 + Math.abs(sum)));
  }
  assert.ok(byDraws > 10, `${byDraws} have their tightest bound from a draw`);
  detector.dispose();
});

Deno.test("rows beside one with missing cells keep their bits, and a single row has the same bits as in a batch", async () => {
  const detector = await Detector.fit(ring(200), { seed: 1, preset: "small", epochs: 20 });
  const rows = ring(300),
    gaps = rows.map((row, r) => r % 2 === 0 ? row : row.with(r % 4 >> 1, NaN));
  const whole = detector.scoreCells(cellsOf(rows)).scores;
  const mixed = detector.scoreCells(cellsOf(gaps)).scores, out = new Float64Array(4);
  gaps.forEach((row, r) => {
    if (r % 2 === 0) assert.equal(mixed[r], whole[r]);
    detector.scoreInto(Float64Array.from(row), out);
    assert.equal(out[0], mixed[r]);
  });
  detector.dispose();
});

Deno.test("portable scores of rows with missing cells are those of a host without relaxed SIMD", async () => {
  const gaps = cellsOf(ring(40).map((row, r) => row.with(r % 2, NaN)));
  const portable = await TableScorer.load(DETECTOR.save(), { determinism: "portable" });
  const { scores } = portable.scoreCells(gaps);
  using _host = withoutRelaxedSimd();
  const other = await TableScorer.load(DETECTOR.save(), { backend: "wasm" });
  assert.equal(other.vae.device.build, "simd");
  assert.deepEqual(other.scoreCells(gaps).scores, scores);
  for (const each of [portable, other]) each.dispose();
});

Deno.test("the cost of a missing cell is the mean over the calibration rows; files without such costs still load", async () => {
  const detector = await Detector.fit(ring(200), { seed: 1, preset: "small", epochs: 20 });
  const { vae, table } = detector, cells = cellsOf(ring(30));
  const { costs, typical } = heldOutScores(
    vae as Parameters<typeof heldOutScores>[0],
    table,
    cells,
  );
  const { cost, kl } = vae.onHost.costs(standardize(cells, table.standardization));
  const mean = (data: Float32Array) => data.reduce((sum, each) => sum + each, 0) / 30;
  for (const c of [0, 1]) {
    assert.ok(Math.abs(costs![c] - mean(cost.data.filter((_, i) => i % 2 === c))) < 1e-5);
  }
  const shares = typical[0] + typical[1] - costs![0] - costs![1];
  assert.ok(Math.abs(shares - mean(kl.data)) < 1e-5, "the rest is the KL");

  const file = readModelFile(detector.save());
  const tensors = new Map([...file.tensors].filter(([name]) => name !== "table.costs"));
  assert.equal(tensors.size, file.tensors.size - 1);
  const older = await Detector.load(writePackedFile({ ...file, tensors }));
  assert.deepEqual(older.scoreCells(cells).scores, detector.scoreCells(cells).scores);
  const [gap] = older.scoreCells(cellsOf([[0.3, NaN]])).scores;
  const [now] = detector.scoreCells(cellsOf([[0.3, NaN]])).scores;
  assert.ok(Math.abs(gap - now - (older.table.typical[1] - detector.table.costs![1])) < 1e-9);
  for (const each of [older, detector]) each.dispose();
});
