/**
 * Whether training takes the GPU.
 *
 *   "webgpu"     yes, be it a software adapter: it was asked for; without an adapter this is an error
 *   "auto"       only a real adapter, and only for work that is surely large enough; never where the same bits
 *                are asked for on every machine
 *   all others   no
 *
 * Surely large enough: the crossover is not measured yet on any real card, so that the rule is
 * conservative. At 2e9 operations a step WebAssembly takes tens of milliseconds on one core, a hundred
 * times what the launches of a step cost a GPU; and 500 such steps pay for finding the adapter and compiling.
 */
import { type Accelerator, GpuError, LimitError, type Stepper } from "../backends/backend.ts";
import { openAccelerator } from "../backends/open.ts";
import type { Plan } from "../graph/plan.ts";
import { operationsOf } from "../graph/cost.ts";
import type { DeviceOptions } from "../scoring/engine.ts";
import type { Matrix } from "../scoring/matrix.ts";
import { GpuSteps } from "./gpu_steps.ts";

/** What "auto" needs: floating-point operations of a step, and steps of a run. */
export const LARGE_STEP = 2e9, MANY_STEPS = 500;

export interface GpuRequest {
  readonly device: Pick<DeviceOptions, "backend" | "determinism" | "adapter">;
  readonly plan: Plan;
  /** Elements of both segments. */
  readonly lengths: { readonly parameters: number; readonly state: number };
  readonly data: Matrix;
  readonly orderLength: number;
  /** Steps of the whole run. */
  readonly steps: number;
}

/** @throws DOMException or RangeError if the GPU was asked for and cannot be had */
export async function openGpuSteps(request: GpuRequest): Promise<GpuSteps | undefined> {
  const { device: { backend = "auto", adapter }, plan, lengths, data, orderLength } = request;
  const isAsked = backend === "webgpu";
  if (!isAsked && !(backend === "auto" && isLarge(request))) return undefined;
  let accelerator: Accelerator | undefined;
  try {
    accelerator = await openAccelerator({ allowSoftware: isAsked, ...adapter });
    const held = {
      data: data.data as Float32Array<ArrayBuffer>,
      columns: data.shape[1],
      orderLength,
    };
    await prepare(accelerator, plan);
    const stepper = stepperOf(() => accelerator!.stepper(plan, lengths, held));
    return new GpuSteps(accelerator, stepper, plan, lengths);
  } catch (error) {
    accelerator?.dispose();
    if (isAsked) throw error;
    return undefined;
  }
}

/** What fails here fails again at the first step, which can do without it. */
async function prepare(accelerator: Accelerator, plan: Plan): Promise<void> {
  try {
    await accelerator.prepare(plan);
  } catch (error) {
    if (!(error instanceof GpuError || error instanceof LimitError)) throw error;
  }
}

/** A device that is lost before it has taken a step is one that is lost at the first. */
function stepperOf(make: () => Stepper): Stepper {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof GpuError)) throw error;
    const lost = () => {
      throw error;
    };
    return {
      most: 1,
      setOrder: lost,
      push: lost,
      pull: lost,
      take: lost,
      undo: lost,
      dispose() {},
    };
  }
}

function isLarge({ device, plan, steps }: GpuRequest): boolean {
  return device.determinism !== "portable" && steps >= MANY_STEPS &&
    operationsOf(plan) >= LARGE_STEP;
}
