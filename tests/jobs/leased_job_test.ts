/** How long a job waits after a fault. Oracle: the documented waits. */
import assert from "node:assert/strict";
import { backoff } from "../../src/jobs/leased_job.ts";

Deno.test("the wait after a fault doubles with every attempt, up to a minute", () => {
  assert.deepEqual([0, 1, 2, 3].map(backoff), [500, 1000, 2000, 4000]);
  assert.deepEqual([7, 20, 10_000].map(backoff), [60_000, 60_000, 60_000]);
});
