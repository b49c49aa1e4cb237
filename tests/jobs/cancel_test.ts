/**
 * A job stops within 100 ms of its cancellation. No time is measured, because a busy machine may be slower: the test
 * adds up the waits on the way, and checks with a fake clock that training keeps to its own.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { POLL_MS } from "../../src/storage/sqlite/changes.ts";
import { YIELD_MS } from "../../src/trained/turns.ts";
import { ROWS } from "./app.ts";

/** The promise, in milliseconds. */
const PROMISED = 100;

Deno.test("from a cancellation to the next step that checks for it: the waits add up to less than 100 ms", () => {
  assert.ok(POLL_MS + YIELD_MS < PROMISED, `${POLL_MS} + ${YIELD_MS}`);
});

/** Each look at the clock is this much later, as if steps took as long. */
for (const [cost, steps] of [[3, 400], [20, 60]]) {
  Deno.test(`training hears of a cancellation within ${YIELD_MS} ms, or one step, if a step takes ${cost} ms`, async () => {
    const { now } = performance;
    let time = 0, heard = 0, longest = 0, timer: ReturnType<typeof setTimeout> | undefined;
    const controller = new AbortController();
    // A turn of the event loop, in which a cancellation would be heard.
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
      // A completed step looks at the clock more than once.
      assert.ok(longest <= YIELD_MS + 4 * cost, `${longest} ms without a turn`);
      assert.ok(time - heard <= 4 * cost, `${time - heard} ms after it was heard`);
      assert.ok(longest > cost, "the clock is that of training");
    } finally {
      performance.now = now;
      clearTimeout(timer);
    }
  });
}
