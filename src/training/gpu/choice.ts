/**
 * Decides whether training uses a GPU.
 *
 *   "webgpu"     yes, even a software adapter; an error if there is no adapter
 *   "auto"       only a hardware adapter that passes a self-test, only for a run that is worth a trial, and only if it
 *                is faster than the host in the first steps; never with `determinism: "portable"`
 *   all others   no
 *
 * The run itself measures which is faster (`race.ts`). The constant only decides whether to try, because finding an
 * adapter and compiling take about a second.
 */
import {
  type Accelerator,
  type DeviceStepper,
  GpuError,
  LimitError,
} from "../../backends/backend.ts";
import { openAccelerator } from "../../backends/open.ts";
import type { Plan } from "../../graph/plan.ts";
import { operationsOf } from "../../graph/cost.ts";
import { requireSelfTest } from "../../trained/device/self_test.ts";
import type { DeviceOptions } from "../../trained/device_options.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { GpuReport } from "../report.ts";

/** A run with this many floating-point operations is worth a trial: it takes tens of seconds on WebAssembly. */
export const TRIAL_OPERATIONS = 1e12;

/** A GPU opened for a run. */
export interface TrainingGpu {
  readonly stepper: DeviceStepper;
  /** Whether it is used only if it is faster than the host. */
  readonly mustBeFaster: boolean;
  readonly report: GpuReport;
  dispose(): void;
}

export interface GpuRequest {
  readonly device: Pick<DeviceOptions, "backend" | "determinism" | "adapter">;
  readonly plan: Plan;
  /** Numbers of elements of the two segments. */
  readonly lengths: { readonly parameters: number; readonly state: number };
  readonly data: Matrix;
  readonly orderLength: number;
  /** Number of steps in the whole run. */
  readonly steps: number;
}

/** @throws DOMException or RangeError if a GPU was requested but is not available */
export async function openTrainingGpu(request: GpuRequest): Promise<TrainingGpu | undefined> {
  const { device: { backend = "auto", adapter }, plan, lengths, data, orderLength } = request;
  const isRequested = backend === "webgpu";
  if (!isRequested && !(backend === "auto" && isLarge(request))) return undefined;
  let accelerator: Accelerator | undefined;
  try {
    accelerator = await openAccelerator({ allowSoftware: isRequested, ...adapter, weights: "f32" });
    const deviceData = {
      data: data.data as Float32Array<ArrayBuffer>,
      columns: data.shape[1],
      orderLength,
    };
    const failure = isRequested ? undefined : await selfTestFailure(accelerator);
    if (!failure) await prepare(accelerator, plan);
    const stepper = stepperOf(() => {
      if (failure) throw failure;
      return accelerator!.stepper(plan, lengths, deviceData);
    });
    const report = { adapter: String(accelerator.details.adapter), steps: 0 };
    return { stepper, mustBeFaster: !isRequested, report, dispose: () => accelerator!.dispose() };
  } catch (error) {
    accelerator?.dispose();
    if (isRequested) throw error;
    return undefined;
  }
}

/** The error if the device fails its self-test. The run then continues without it, and reports the error. */
async function selfTestFailure(accelerator: Accelerator): Promise<GpuError | undefined> {
  try {
    await requireSelfTest(accelerator);
  } catch (error) {
    if (error instanceof GpuError) return error;
    throw error;
  }
}

/**
 * Lets the device tune the program. A failure is ignored here: it recurs at the first step, and the run then continues
 * without the GPU.
 */
async function prepare(accelerator: Accelerator, plan: Plan): Promise<void> {
  try {
    await accelerator.prepare(plan);
  } catch (error) {
    if (!(error instanceof GpuError || error instanceof LimitError)) throw error;
  }
}

/** A device lost while its stepper is created fails at the first step instead. */
function stepperOf(open: () => DeviceStepper): DeviceStepper {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof GpuError)) throw error;
    const fail = () => {
      throw error;
    };
    return {
      ...{ maxSteps: 1, dispatches: 0 },
      setOrder: fail,
      push: fail,
      pull: fail,
      runSteps: fail,
      undo: fail,
      dispose() {},
    };
  }
}

function isLarge({ device, plan, steps }: GpuRequest): boolean {
  const { determinism, adapter } = device;
  return determinism !== "portable" &&
    steps * operationsOf(plan) >= (adapter?.trialOperations ?? TRIAL_OPERATIONS);
}
