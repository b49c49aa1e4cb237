/**
 * The harness of `bench:detection`: a deterministic method on a table that is not resampled must give the published
 * figure to the last digit (shared/data/PUBLISHED.md, section 1).
 */
import assert from "node:assert/strict";
import { METHODS } from "../../bench/detection/methods.ts";
import { readTable, split } from "../../bench/detection/protocol.ts";
import { readPublished } from "../../bench/detection/published.ts";
import { auroc, averagePrecision } from "../../src/scoring/metrics.ts";

for (const name of ["vowels", "letter", "cardio", "Wilt", "thyroid", "fault"]) {
  Deno.test(`bench:detection reproduces the published kNN on ${name}`, async () => {
    const one = split(await readTable(name), "semi", 0);
    const scores = await METHODS.knn(one, 0);
    const figures = { auroc: auroc(scores, one.label), aupr: averagePrecision(scores, one.label) };
    for (const metric of ["auroc", "aupr"] as const) {
      const published = (await readPublished("semi", metric)).get(name)!.get("kNN")!;
      assert.ok(Math.abs(100 * figures[metric] - published) <= 0.01, `${metric} of ${name}`);
    }
  });
}
