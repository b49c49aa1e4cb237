/**
 * A job that is cancelled is left within 100 ms. No time is taken here, as a busy machine has times of its own: held are
 * the waits that the way of a cancellation is made of, and that training keeps to its own by a clock of the test's.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { POLL_MS } from "../../src/storage/sqlite/database.ts";
import { YIELD_MS } from "../../src/training/trainer.ts";
import { ROWS } from "./app.ts";

/** What is promised, milliseconds. */
const PROMISED = 100;

Deno.test("from a cancellation to the step that heeds it: word of it, and the end of a run of steps, are under 100 ms", () => {
  assert.ok(POLL_MS + YIELD_MS < PROMISED, `${POLL_MS} + ${YIELD_MS}`);
});

/** Each look at the clock is so much later: steps that take as long. */
for (const [cost, steps] of [[3, 400], [20, 60]]) {
  Deno.test(`training hears within ${YIELD_MS} ms, and takes no step more, where a step takes ${cost} ms`, async () => {
    const { now } = performance;
    let time = 0, heard = 0, longest = 0, timer: ReturnType<typeof setTimeout> | undefined;
    const controller = new AbortController();
    // A turn of the event loop is when a cancellation would be heard.
    const turn = () => {
      longest = Math.max(longest, time - heard);
      heard = time;
      if (time > cost * steps) controller.abort();
      timer = setTimeout(turn, 0);
    };
    try {
      performance.now = () => time += cost;
      turn();
      const vae = VAE.create({ inputs: 3, latent: [{ size: 1 }] }, { seed: 1 });
      await assert.rejects(vae.fit(ROWS, { epochs: 1e6, signal: controller.signal }), {
        name: "AbortError",
      });
      // Looks at the clock around the step that came to its end, in place of a step.
      assert.ok(longest <= YIELD_MS + 4 * cost, `${longest} ms without a turn`);
      assert.ok(time - heard <= 4 * cost, `${time - heard} ms after it was heard`);
      assert.ok(longest > cost, "the clock is that of training");
    } finally {
      performance.now = now;
      clearTimeout(timer);
    }
  });
}
