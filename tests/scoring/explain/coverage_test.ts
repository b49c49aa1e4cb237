/**
 * How many cells of fresh rows lie in their interval. Oracle: an interval from the k-th lowest to the k-th highest of R
 * residuals like those of a fresh row covers a share with distribution Beta(R + 1 - 2 k, 2 k).
 */
import assert from "node:assert/strict";
import { Detector } from "../../../mod.ts";
import { rowExplainerOf } from "../../../src/scoring/explain/explainer.ts";
import { cellsOf, planeRows } from "../../util/data.ts";

Deno.test("95 % intervals cover 95 % of fresh cells, also with few rows and many columns", async () => {
  const width = 20, fresh = 2000, level = 0.95;
  for (const count of [100, 200, 400]) {
    const all = planeRows(count + fresh, width, 5, 0.5), rows = all.slice(count);
    const detector = await Detector.fit(all.slice(0, count), { seed: 1, epochs: 2 });
    // One column of each row in turn, so that the choice does not depend on what stands out.
    const contributions = new Float64Array(fresh * width);
    for (let r = 0; r < fresh; r++) contributions[r * width + r % width] = 1;
    const cells = cellsOf(rows);
    const asked = { columns: 1, level, conditional: false };
    const { expectations } = rowExplainerOf(detector).blame(cells, contributions, asked);
    const covered = expectations.filter(({ low, high }, r) =>
      low <= rows[r][r % width] && rows[r][r % width] <= high
    ).length / fresh;
    const references = count - detector.calibrationRows;
    const k = Math.floor((1 - level) / 2 * (references + 1)), n = references + 1;
    const expected = 1 - 2 * k / n;
    // 20 columns with an interval each, 2,000 cells: up to four standard errors, plus 1 % because the curves were
    // fitted on the reference rows too.
    const ofIntervals = expected * (1 - expected) / (n + 1) / width;
    const error = Math.sqrt(ofIntervals + expected * (1 - expected) / fresh);
    const told = `${count} rows: ${covered}, expected ${expected} ± ${error}`;
    assert.ok(Math.abs(covered - expected) < 4 * error + 0.01, told);
    detector.dispose();
  }
});
