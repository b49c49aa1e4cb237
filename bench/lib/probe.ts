/**
 * The probe: a loop of 12 independent multiply-adds of four lanes that touches no memory. Its rate is
 * what one core can do at this moment, so a time taken beside a slow probe says more of the machine
 * than of the code. `compile.ts` makes the module; children are given its bytes, as a compiler at
 * work in the process would slow what is measured.
 */
import { warmUp } from "./timing.ts";

/** Iterations of one sample, some 0.15 ms: short beside a window, long beside the clock. */
const COUNT = 100_000;
const FLOPS = COUNT * 12 * 8;

/** Measures once, in GFLOP/s. */
export type Probe = () => number;

/** Readies a probe: it runs until the engine has optimised it. */
export async function openProbe(bytes: Uint8Array<ArrayBuffer>): Promise<Probe> {
  const { spin } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  const run = () => void (spin as (count: number, x: number) => number)(COUNT, 0.5);
  await warmUp(run, 1500);
  return () => {
    const start = performance.now();
    run();
    return FLOPS / (performance.now() - start) / 1e6;
  };
}
