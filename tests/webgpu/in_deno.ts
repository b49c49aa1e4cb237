/**
 * Runs the checks on Deno's own WebGPU; prints one JSON line each: `{ name, error? }`. It is a separate process
 * (`deno_test.ts` starts it), so that a driver that crashes fails some tests and does not end them all.
 *
 *     deno run -A tests/webgpu/in_deno.ts [[training|faults|scoring|tuning] PART OF A NAME]
 */
import { backendOn } from "../../src/backends/webgpu/backend.ts";
import { nameOf } from "../../src/backends/webgpu/adapter.ts";
import { openDevice } from "../../src/backends/webgpu/device.ts";
import { CHECKS } from "./checks.ts";
import { AUTO_CHECKS } from "./auto.ts";
import { HALF_CHECKS } from "./halves.ts";
import { DISPATCH_CHECKS } from "./dispatches.ts";
import { FAULT_CHECKS } from "./faults.ts";
import { LIMIT_CHECKS } from "./limits.ts";
import { SCORING_CHECKS } from "./scoring.ts";
import { SCORING_FAULT_CHECKS } from "./scoring_faults.ts";
import { assertGivesAllBack, TRAINING_CHECKS, type TrainingCheck } from "./training.ts";
import { TRUST_CHECKS } from "./trust.ts";
import { WHOLE_RUN_CHECKS } from "./whole_runs.ts";
import { TUNER_CHECKS } from "./tuning.ts";

const print = (value: unknown) =>
  Deno.stdout.writeSync(
    new TextEncoder().encode(JSON.stringify(value) + "\n"),
  );
console.log = console.error;

const OF_MODELS: Readonly<Record<string, readonly TrainingCheck[]>> = {
  training: [...WHOLE_RUN_CHECKS, ...TRAINING_CHECKS, ...DISPATCH_CHECKS, ...TRUST_CHECKS],
  faults: [...FAULT_CHECKS, ...LIMIT_CHECKS, ...AUTO_CHECKS],
  scoring: [...SCORING_CHECKS, ...SCORING_FAULT_CHECKS, ...HALF_CHECKS],
  tuning: TUNER_CHECKS,
};

if (Object.hasOwn(OF_MODELS, Deno.args[0] ?? "")) {
  const only = Deno.args[1] ?? "";
  for (const { name, run } of OF_MODELS[Deno.args[0]]) {
    if (!name.includes(only)) continue;
    try {
      await run();
      print({ name });
    } catch (error) {
      print({ name, error: (error as Error).stack });
    }
  }
  Deno.exit();
}

if (Deno.args[0] === "cycles") {
  const cycles = Number(Deno.args[1]);
  await assertGivesAllBack(cycles);
  print({ name: `${cycles} cycles give back every buffer and every device` });
  Deno.exit();
}

const device = await openDevice({ allowSoftware: true });
print({ adapter: nameOf(device.info) });
const world = {
  backend: backendOn(device),
  plain: backendOn(device, { fuse: false }),
  file: (path: string) => Deno.readFile(new URL(`../${path}`, import.meta.url)),
};
for (const { name, run } of CHECKS) {
  if (!name.includes(Deno.args[0] ?? "")) continue;
  try {
    await run(world);
    device.requireAlive();
    print({ name });
  } catch (error) {
    print({ name, error: (error as Error).stack });
  }
}
Deno.exit();
