/** 200 cases of the campaign in `never_nan.ts`; `deno task campaign:never-nan` runs 10,000. */
import assert from "node:assert/strict";
import { endingOf } from "./never_nan.ts";

for (const preset of ["ensemble", "small"] as const) {
  Deno.test(`100 fits of preset ${preset} to hostile tables give finite scores that add up, or a clear refusal`, async () => {
    let scored = 0;
    for (let seed = 20_000; seed < 20_100; seed++) {
      const ending = await endingOf(seed, preset);
      assert.notEqual(ending.kind, "fault", `seed ${seed}: ${"why" in ending ? ending.why : ""}`);
      if (ending.kind === "scored") scored++;
    }
    assert.ok(scored >= 30, `only ${scored} scored`);
  });
}
