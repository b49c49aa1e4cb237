/**
 * Whether runs are shared depends on measured times. Oracle: a simulated machine, for which the right decision is
 * known.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { ThreadTuner } from "../../src/backends/wasm/threads/thread_tuner.ts";
import { bytesOf } from "../util/threads.ts";
import { expectedY, INPUTS, networkPlan, OUTPUTS, parameters } from "./programs.ts";

/** Whether each of `runs` runs was shared, if a shared run takes `shared` milliseconds and one alone 1. */
function follow(tuner: ThreadTuner, runs: number, shared: number): boolean[] {
  return Array.from({ length: runs }, () => {
    const { isShared } = tuner;
    tuner.record(isShared ? shared : 1);
    return isShared;
  });
}

const count = (values: readonly boolean[]): number => values.filter(Boolean).length;

Deno.test("if sharing is slower, only one run in a hundred is shared in the long run", () => {
  const tuner = new ThreadTuner(), first = follow(tuner, 100, 1.3);
  ok(count(first) < 10, `${count(first)} of 100 were shared`);
  const later = follow(tuner, 20_000, 1.3);
  ok(count(later) < 200, `${count(later)} of 20,000 were shared`);
});

Deno.test("if sharing is faster, runs are shared, and measured again", () => {
  const runs = follow(new ThreadTuner(), 20_000, 0.6);
  ok(count(runs) > 19_800 && count(runs) < 20_000, `${count(runs)} of 20,000 were shared`);
});

Deno.test("sharing without a gain is not worth a second processor", () => {
  ok(count(follow(new ThreadTuner(), 1000, 0.99)) < 50);
});

Deno.test("a change of the machine's speed is noticed", () => {
  const tuner = new ThreadTuner();
  follow(tuner, 1000, 1.3);
  const after = follow(tuner, 3000, 0.5);
  ok(after.at(-1) && count(after) > 1500);
});

Deno.test("runs that wake sleeping helpers do not count against sharing, in any trial", () => {
  const tuner = new ThreadTuner();
  follow(tuner, 100, 1.3);
  equal(tuner.isShared, false);
  // From now on sharing is faster, but after a run alone the helpers take three runs to wake.
  let asleep = 3;
  for (let run = 0; run < 300; run++) {
    const { isShared } = tuner;
    tuner.record(!isShared ? 1 : asleep > 0 ? 5 : 0.5);
    asleep = isShared ? Math.max(0, asleep - 1) : 3;
  }
  equal(tuner.isShared, true);
});

Deno.test("a single delayed run changes nothing", () => {
  const tuner = new ThreadTuner();
  for (let run = 0; run < 40; run++) tuner.record(run === 4 ? 1000 : tuner.isShared ? 0.5 : 1);
  equal(tuner.isShared, true);
});

Deno.test("small work is measured once helpers exist, and all runs give the same bits", async () => {
  const ROWS = 64;
  let asked = 0;
  const clock = () => asked++;
  const backend = openWasm(FULL_KERNELS, { threads: 2, processors: 2, tileWork: 1, clock });
  const program = backend.compile(networkPlan(ROWS), { parameters: parameters(backend, 0.5) });
  await backend.ready!();
  const y = new Float32Array(ROWS * OUTPUTS);
  for (let x = 0; x < 300; x++) {
    program.write("x", new Float32Array(ROWS * INPUTS).fill(x % 100));
    program.run(ROWS);
    program.read("y", y);
    deepEqual(bytesOf(y), bytesOf(y.slice().fill(expectedY(x % 100, 0.5))));
  }
  equal(asked, 600);
  backend.dispose();
});
