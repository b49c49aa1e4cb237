/** Turns of the event loop, by the order of timers: no time is measured. */
import assert from "node:assert/strict";
import { Turns } from "../../src/training/run/turns.ts";

Deno.test("a turn does not wait for a timer set when it is taken, because it was asked for before; nor does the next", async () => {
  const turns = new Turns();
  try {
    for (const _ of [1, 2]) {
      // Long enough for the timer that was asked for to be due.
      for (const start = performance.now(); performance.now() - start < 10;);
      let isLate = false;
      const timer = setTimeout(() => isLate = true, 0);
      await turns.take();
      assert.equal(isLate, false);
      clearTimeout(timer);
    }
  } finally {
    // Without it, this test would leak a timer.
    turns.end();
  }
});
