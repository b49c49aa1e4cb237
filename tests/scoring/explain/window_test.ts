/**
 * Explanations of series that networks have learnt. Oracles: the series before a fault was planted, and the share of
 * ordinary cells that intervals must contain.
 */
import assert from "node:assert/strict";
import { Detector } from "../../../mod.ts";
import { normals } from "../../util/data.ts";

const COLUMNS = ["cycle", "flow", "noisy"];

/** A cycle of 24 steps, a sensor that follows it, and one by itself. */
function stepsOf(count: number, seed: number): number[][] {
  const noise = normals(3 * count, seed);
  return Array.from({ length: count }, (_, t) => {
    const cycle = Math.sin(2 * Math.PI * t / 24);
    return [
      10 + 2 * cycle + 0.2 * noise[3 * t],
      cycle + 0.1 * noise[3 * t + 1],
      noise[3 * t + 2],
    ];
  });
}

for (const preset of ["small", "ensemble"] as const) {
  const fit = () =>
    Detector.fit(stepsOf(1500, 1), { preset, window: 12, columns: COLUMNS, seed: 1, epochs: 20 });

  Deno.test(`explain() of a series by preset ${preset} blames the column with a fault, and expects what it was`, async () => {
    const detector = await fit();
    for (const [column, shift] of [4, 2].entries()) {
      const truth = stepsOf(1000, 7 + column), isWrong = (t: number) => t >= 100 && t % 100 < 4;
      const rows = truth.map((row, t) => isWrong(t) ? row.with(column, row[column] + shift) : row);
      const explained = await detector.explain(rows, { columns: 1 });
      let faulty = 0, first = 0, near = 0;
      for (const [t, { score, contributions, blamed: [cell] }] of explained.entries()) {
        const sum = Object.values(contributions).reduce((total, nats) => total + nats);
        assert.ok(Math.abs(sum - score) <= 1e-5);
        if (!isWrong(t)) continue;
        faulty++;
        if (cell.column !== COLUMNS[column]) continue;
        first++;
        near += Number(Math.abs(cell.expected as number - truth[t][column]) < shift / 3);
      }
      const counts = `${COLUMNS[column]}: ${first} first, ${near} near of ${faulty}`;
      assert.ok(first >= 0.9 * faulty && near >= 0.9 * first, counts);
    }
    const isWrong = (t: number) => t >= 60 && t < 64;
    const wrong = stepsOf(120, 3).map((row, t) => isWrong(t) ? row.with(1, row[1] + 2) : row);
    for (const [t, each] of (await detector.explain(wrong, { conditional: true })).entries()) {
      const sum = Object.values(each.contributions).reduce((total, nats) => total + nats);
      assert.ok(Math.abs(sum - each.score) <= 1e-5);
      if (isWrong(t)) assert.equal(each.blamed[0].column, "flow");
    }
    const stream = detector.stream(), steps = stepsOf(40, 5);
    steps[39] = steps[39].with(0, 20);
    const verdicts = steps.map((row) => stream.push(row));
    const { blamed: [newest] } = detector.explainNewest(stream, verdicts[39]!);
    assert.equal(newest.column, "cycle");
    assert.ok(Math.abs(newest.expected as number - 10) < 4, `expected ${newest.expected}`);
    detector.dispose();
  });

  Deno.test(`intervals of a series by preset ${preset} cover at least as many fresh steps as stated`, async () => {
    const detector = await fit(), rows = stepsOf(600, 9), covered = new Map<string, number[]>();
    for (const [t, { blamed }] of (await detector.explain(rows, { columns: 3 })).entries()) {
      for (const { column, interval } of blamed) {
        const [low, high] = interval as [number, number], value = rows[t][COLUMNS.indexOf(column)];
        const hits = covered.get(column) ?? [];
        covered.set(column, [...hits, Number(low <= value && value <= high)]);
      }
    }
    for (const [column, hits] of covered) {
      const share = hits.reduce((sum, hit) => sum + hit) / hits.length;
      // Four standard deviations of 150 independent steps: columns are blamed only at some steps, and not at random.
      const room = 4 * Math.sqrt(0.95 * 0.05 / 150);
      assert.ok(share > 0.95 - room, `${column}: ${share} of ${hits.length}`);
    }
    detector.dispose();
  });
}
