/** Taking samples: warm-up, windows, and probes before and after each. */
import type { Probe, Rates, Samples } from "./statistics.ts";

/** One call of what is measured; a promise is awaited within the timing. */
export type Call = () => unknown;

/** Shorter calls are timed in groups, because the clock itself takes some 50 ns. */
const GROUP_MS = 0.02;
/** Between two probes. */
const WINDOW_MS = 5;
const WARM_UP_BLOCK_MS = 60;
/** The engine counts as settled after this many blocks without a faster call. */
const SETTLED_BLOCKS = 3;
const MAX_WARM_UP_MS = 1500;

/** Milliseconds of `calls` calls. */
export async function timed(call: Call, calls: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    const result = call();
    if (result instanceof Promise) await result;
  }
  return performance.now() - start;
}

/** Runs until a block brings no faster call, or for `limitMs`; the fastest call, milliseconds. */
export async function warmUp(call: Call, limitMs: number = MAX_WARM_UP_MS): Promise<number> {
  const start = performance.now();
  let best = Infinity;
  for (let idle = 0; idle < SETTLED_BLOCKS && performance.now() - start < limitMs;) {
    const blockStart = performance.now(), before = best;
    do best = Math.min(best, await timed(call, 1)); while (
      performance.now() - blockStart < WARM_UP_BLOCK_MS
    );
    idle = best < 0.97 * before ? 0 : idle + 1;
  }
  return best;
}

/** Samples of a call for about `seconds`, at least one, after warming up. */
export async function sample(call: Call, seconds: number, probe: Probe): Promise<Samples> {
  const group = Math.max(1, Math.ceil(GROUP_MS / await warmUp(call)));
  const ms: number[] = [], probes: Rates[] = [probe()];
  const end = performance.now() + 1000 * seconds;
  do {
    const windowEnd = performance.now() + WINDOW_MS;
    do ms.push(await timed(call, group) / group); while (performance.now() < windowEnd);
    probes.push(probe());
  } while (performance.now() < end);
  return group === 1 ? { ms, probes } : { ms, singleMs: await singles(call, seconds / 4), probes };
}

async function singles(call: Call, seconds: number): Promise<number[]> {
  const ms: number[] = [];
  const end = performance.now() + 1000 * seconds;
  do ms.push(await timed(call, 1)); while (performance.now() < end);
  return ms;
}
