/** The GPU for a model's batch calls, if its options allow one. */
import { openAccelerator } from "../backends/open.ts";
import { ScoringDevice } from "../trained/device/scoring_device.ts";
import type { Engine } from "../trained/engine.ts";
import type { WorkDevice } from "../trained/device/work_device.ts";

export function scoringDevice<Name extends string>(
  engine: Engine<Name>,
): WorkDevice<Name> | undefined {
  const { backend = "auto" } = engine.device;
  if (backend !== "webgpu" && backend !== "auto") return undefined;
  return new ScoringDevice(engine, { open: openAccelerator, clock: () => performance.now() });
}
