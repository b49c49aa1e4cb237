/**
 * The probes: what one core can do at this moment, so that a time measured beside a slow one says more about the
 * machine than about the code. There are two, because a machine can be slow in two ways (ADR 60):
 *
 *   registers  12 independent multiply-adds of four lanes, no memory: the clock, and whoever else runs on this core
 *   loads      the loop of a matrix product over two panels in the first-level cache: 8 multiply-adds, 3 loads, 3 shuffles.
 *              It needs twice as many instructions per cycle, and so notices who shares the core's other thread
 *
 * `compile.ts` makes the module. Children get its bytes, because a compiler in their process would slow down what is
 * measured.
 */
import type { Probe, Rates } from "./statistics.ts";
import { warmUp } from "./timing.ts";

/** Steps of the panels that `walk` in the module goes through. */
export const PANEL_STEPS = 256;

/**
 * Iterations of one sample, some 0.15 ms each: short compared with a window, long compared with the clock's resolution.
 */
const SPINS = 100_000, WALKS = 400;
const SPIN_FLOPS = SPINS * 12 * 8, WALK_FLOPS = WALKS * PANEL_STEPS * 8 * 8;

/** The smallest share of the best rate at which the machine counts as quiet. */
const QUIET_SHARE = 0.93;

/** Prepares the probes: runs them until the engine has optimised them. */
export async function openProbe(bytes: Uint8Array<ArrayBuffer>): Promise<Probe> {
  const { spin, walk } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Record<
    "spin" | "walk",
    (count: number, x: number) => number
  >;
  const runs = [() => void spin(SPINS, 0.5), () => void walk(WALKS, 0.5)];
  for (const run of runs) await warmUp(run, 1500);
  const rate = (run: () => void, flops: number) => {
    const start = performance.now();
    run();
    return flops / (performance.now() - start) / 1e6;
  };
  return () => [rate(runs[0], SPIN_FLOPS), rate(runs[1], WALK_FLOPS)];
}

/** Whether both rates are close to the best. */
export function isQuiet(rates: Rates, best: Rates): boolean {
  return rates.every((rate, i) => rate >= QUIET_SHARE * best[i]);
}

/** The best of each rate. */
export function bestOf(all: readonly Rates[]): Rates {
  return all.reduce<Rates>(([a, b], [c, d]) => [Math.max(a, c), Math.max(b, d)], [0, 0]);
}
