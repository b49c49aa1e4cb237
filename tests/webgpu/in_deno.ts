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
import { print } from "./campaign.ts";
import { KINDS } from "./kinds.ts";
import { assertGivesAllBack } from "./training.ts";

console.log = console.error;

const [kind, only = ""] = Deno.args;
if (Object.hasOwn(KINDS, kind ?? "")) {
  for (const { name, run } of KINDS[kind as keyof typeof KINDS]) {
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

if (kind === "cycles") {
  const cycles = Number(only);
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
  if (!name.includes(kind ?? "")) continue;
  try {
    await run(world);
    device.requireAlive();
    print({ name });
  } catch (error) {
    print({ name, error: (error as Error).stack });
  }
}
Deno.exit();
