/** Some seconds of the soak; `deno task soak:http` runs it for minutes. No time is asserted. */
import assert from "node:assert/strict";
import { soak } from "./soak.ts";

Deno.test("scoring, swaps and training at once: every score is of one version, and every job succeeds", async () => {
  const { training, idle, swaps, jobs, versions } = await soak(0.05, 1);
  assert.ok(training.length + idle.length > 20 && swaps > 1 && jobs > 0 && versions > 1);
});
