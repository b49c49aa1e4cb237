/** When a pacer asks for the rounds of the event loop that it waits for. Oracle: the order of the events themselves. */
import assert from "node:assert/strict";
import { Pacer, TurnQueue } from "../../src/http/pacer.ts";

/** Events while several callers work: W, a slice of work; Y, its end; T, a timer asked for; F, it fires. */
async function eventsOf(callers: number, slices: number): Promise<string> {
  const realTimeout = globalThis.setTimeout, turns = new TurnQueue();
  let events = "";
  globalThis.setTimeout = ((act: () => void) => {
    events += "T";
    return realTimeout(() => {
      events += "F";
      act();
    });
  }) as typeof setTimeout;
  const work = async () => {
    // A slice has begun long ago: it is over after any work.
    const pacer = new Pacer(turns, () => false, -1000);
    for (let i = 0; i < slices; i++) {
      events += "W";
      for (const start = performance.now(); performance.now() - start < 9;);
      events += "Y";
      await pacer.yieldIfDue();
    }
  };
  try {
    await Promise.all(Array.from({ length: callers }, work));
  } finally {
    globalThis.setTimeout = realTimeout;
  }
  // The last round that was asked for is never waited for.
  await new Promise((done) => void realTimeout(done));
  return events;
}

Deno.test("work that is alone asks for the next round when a slice begins, and waits for no other", async () => {
  assert.match(await eventsOf(1, 4), /^WYTFT(WYFT){3}/);
});

Deno.test("slices of several callers never follow each other without a round between", async () => {
  const events = await eventsOf(3, 4);
  assert.equal(events.match(/W/g)!.length, 12);
  // All callers begin at once.
  assert.match(events, /^WYWYWY/);
  assert.ok(!/W[^F]*W/.test(events.replace(/^WYWYW/, "")), events);
});

Deno.test("in workerd a request that is given up during its turn, with all its timers, holds up no other", async () => {
  const realTimeout = globalThis.setTimeout, { navigator } = globalThis;
  const userAgent = { value: { userAgent: "Cloudflare-Workers" }, configurable: true };
  Object.defineProperty(globalThis, "navigator", userAgent);
  try {
    const turns = new TurnQueue();
    globalThis.setTimeout = (() => 0) as unknown as typeof setTimeout;
    void turns.next();
    await Promise.resolve();
    globalThis.setTimeout = realTimeout;
    const late = new Promise((done) => void realTimeout(done, 100, "late"));
    assert.equal(await Promise.race([turns.next(), late]), undefined);
    await late;
  } finally {
    globalThis.setTimeout = realTimeout;
    Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  }
});
