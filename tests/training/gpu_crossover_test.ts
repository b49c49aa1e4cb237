/** Where a run continues under "auto", depending on the times of its steps. The clock is fake, so no GPU is needed. */
import { equal, match } from "node:assert/strict";
import { Race } from "../../src/training/gpu/race.ts";

/** The reason why a run leaves a GPU whose steps take that long, after a submit that compiles. */
function leaves(
  { gpu, host, isRival }: { gpu: number; host: number; isRival: boolean },
): string | undefined {
  let now = 0;
  const race = new Race(() => now, isRival);
  now += 2 * host;
  race.recordHost(2, 0);
  for (const took of [1000, 2 * gpu, 2 * gpu]) {
    equal(race.whySlower, undefined);
    const sentAt = now;
    now += took;
    race.recordGpu(2, sentAt);
    if (race.whySlower !== undefined) break;
  }
  return race.whySlower;
}

Deno.test("a run under auto stays on a GPU that is faster, compiling aside", () => {
  equal(leaves({ gpu: 1, host: 2, isRival: true }), undefined);
});

Deno.test("a run under auto leaves a slower GPU, and says by how much", () => {
  match(
    String(leaves({ gpu: 3, host: 2, isRival: true })),
    /^a step took 3\.00 ms there, 2\.00 ms on the host$/,
  );
});

Deno.test("a GPU that was requested explicitly is not left", () => {
  equal(leaves({ gpu: 3, host: 2, isRival: false }), undefined);
});

Deno.test("a submit is timed from the end of the one before it", () => {
  let now = 0;
  const race = new Race(() => now, true);
  now = 4;
  race.recordHost(2, 0);
  // Both are sent at 4; the first compiles until 1000.
  now = 1000;
  race.recordGpu(2, 4);
  now = 1002;
  race.recordGpu(2, 4);
  equal(race.whySlower, undefined);
  equal(race.costOf(3), 6); // three steps of 2 ms, in steps of 1 ms
});
