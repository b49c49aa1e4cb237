/**
 * How many cells of fresh rows lie within their interval. Oracle: an interval between the k-th lowest and the k-th
 * highest of R residuals that are like those of a fresh row covers Beta(R + 1 - 2 k, 2 k) of them.
 */
import assert from "node:assert/strict";
import { Detector } from "../../../mod.ts";
import { Explainer } from "../../../src/scoring/explain/explain.ts";
import { planeRows } from "../../util/data.ts";

Deno.test("intervals of 95 % cover as much of fresh cells, also with few rows and many columns", async () => {
  const width = 20, fresh = 2000, level = 0.95;
  for (const count of [100, 200, 400]) {
    const all = planeRows(count + fresh, width, 5, 0.5), rows = all.slice(count);
    const detector = await Detector.fit(all.slice(0, count), { seed: 1, epochs: 2 });
    // One column of each row, in turn: what is asked for has then nothing to do with what stands out.
    const contributions = new Float64Array(fresh * width);
    for (let r = 0; r < fresh; r++) contributions[r * width + r % width] = 1;
    const cells = { data: Float64Array.from(rows.flat()), rows: fresh };
    const asked = { columns: 1, level, conditional: false };
    const { expectations } = new Explainer(detector).blame(cells, contributions, asked);
    const covered = expectations.filter(({ low, high }, r) =>
      low <= rows[r][r % width] && rows[r][r % width] <= high
    ).length / fresh;
    const references = count - detector.calibrationRows;
    const k = Math.floor((1 - level) / 2 * (references + 1)), n = references + 1;
    const expected = 1 - 2 * k / n;
    // Of 20 columns with 20 intervals, and of 2,000 cells; to four of their errors, and 1 % for curves that
    // have seen the references as well.
    const ofIntervals = expected * (1 - expected) / (n + 1) / width;
    const error = Math.sqrt(ofIntervals + expected * (1 - expected) / fresh);
    const told = `${count} rows: ${covered}, expected ${expected} ± ${error}`;
    assert.ok(Math.abs(covered - expected) < 4 * error + 0.01, told);
    detector.dispose();
  }
});
