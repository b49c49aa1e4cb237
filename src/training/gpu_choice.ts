/**
 * Whether training takes the GPU.
 *
 *   "webgpu"     yes, be it a software adapter: it was asked for; without an adapter this is an error
 *   "auto"       only a real adapter, and only for work that is surely large enough
 *   all others   no
 *
 * Surely large enough: the crossover is not measured yet on any real card, so that the rule is
 * conservative. At 2e9 operations a step WebAssembly takes tens of milliseconds on one core, a hundred
 * times what the launches of a step cost a GPU; and 500 such steps pay for finding the adapter and compiling.
 */
import type { Accelerator } from "../backends/backend.ts";
import { type AdapterOptions, type BackendChoice, openAccelerator } from "../backends/open.ts";
import { sizeAt } from "../core/shape.ts";
import type { Plan } from "../graph/plan.ts";
import type { Matrix } from "../scoring/matrix.ts";
import { GpuSteps } from "./gpu_steps.ts";

/** What "auto" needs: floating-point operations of a step, and steps of a run. */
export const LARGE_STEP = 2e9, MANY_STEPS = 500;

export interface GpuRequest {
  readonly backend: BackendChoice;
  readonly adapter?: AdapterOptions;
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
  const { backend, adapter, plan, lengths, data, orderLength } = request;
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
    return new GpuSteps(accelerator, accelerator.stepper(plan, lengths, held), plan, lengths);
  } catch (error) {
    accelerator?.dispose();
    if (isAsked) throw error;
    return undefined;
  }
}

function isLarge({ plan, steps }: GpuRequest): boolean {
  return steps >= MANY_STEPS && operationsOf(plan) >= LARGE_STEP;
}

/** Floating-point operations of the products of one run: the rest is small beside them. */
function operationsOf({ instructions, capacity }: Plan): number {
  return instructions.reduce((total, { op, inputs: [x], output }) => {
    if (op !== "dense" && op !== "matmul") return total;
    const inner = sizeAt(x.shape, capacity) / sizeAt({ ...output.shape, cols: 1 }, capacity);
    return total + 2 * inner * sizeAt(output.shape, capacity);
  }, 0);
}
