/** Turns of the event loop, by the order of timers: no time is measured. */
import assert from "node:assert/strict";
import { withPauses } from "../../src/trained/pauser.ts";
import { Turns, YIELD_MS } from "../../src/trained/turns.ts";

Deno.test("a turn does not wait for a timer set when it is taken, because it was asked for before; nor does the next", async () => {
  const turns = new Turns();
  try {
    for (const _ of [1, 2]) {
      // Long enough for the timer that was asked for to be due.
      work(10);
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

Deno.test("work in pieces has a turn once it is due, asked for before; none is left at its end, nor at an error", async () => {
  const pieces = await withPauses(undefined, async (pause) => {
    let done = 0;
    for (const ms of [0, YIELD_MS + 1, YIELD_MS + 1]) {
      work(ms);
      let isLate = false;
      const timer = setTimeout(() => isLate = true, 0);
      await pause();
      assert.equal(isLate, false);
      clearTimeout(timer);
      done++;
    }
    return done;
  });
  assert.equal(pieces, 3);
  await assert.rejects(withPauses(undefined, () => Promise.reject(new RangeError("no"))), /no/);
});

Deno.test("work in pieces ends with the reason of its signal", async () => {
  const stop = new AbortController(), reason = new RangeError("stopped");
  const stopped = withPauses(stop.signal, async (pause) => {
    for (let piece = 0;; piece++) {
      if (piece === 3) stop.abort(reason);
      await pause();
      assert.ok(piece < 3);
    }
  });
  await assert.rejects(stopped, (error) => error === reason);
});

/** Keeps the thread busy. */
function work(ms: number): void {
  for (const start = performance.now(); performance.now() - start < ms;);
}
