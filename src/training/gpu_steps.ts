/**
 * Training steps on a GPU that is not trusted. Now and then, before the GPU takes steps, the host takes the
 * first two of them itself from the same parameters, and compares losses and gradient norms: the first
 * loss tells of the forward pass, the first norm of the backward pass, and the second loss of the update.
 * A difference beyond rounding counts as loss of the device.
 *
 * Tolerance. Two float32 runs of a plan differ relatively by at most about 4 √n u each, where n is the sum
 * of the lengths of all its sums (Higham and Mary, 2019, λ = 4; the longest path is shorter), u = 2^-24;
 * relative to the parts of the loss, which may cancel. Twice that, as both runs round, and twice again
 * for a norm, which is squared, and for the second step, whose parameters differ already.
 */
import { type Accelerator, GpuError, type StepInputs, type Stepper } from "../backends/backend.ts";
import { sizeAt } from "../core/shape.ts";
import type { Plan } from "../graph/plan.ts";
import type { StepMeans } from "./epoch_sums.ts";
import type { GpuReport } from "./report.ts";

export { GpuError } from "../backends/backend.ts";

/** What the host says a step gives. */
export type Expected = StepMeans & { readonly squaredNorm: Float64Array };

/** Steps between two canaries. */
const CANARY_STEPS = 512;

export class GpuSteps {
  readonly most: number;
  readonly report: GpuReport;
  readonly #accelerator: Accelerator;
  readonly #stepper: Stepper;
  readonly #tolerance: number;
  readonly #parameters: Float32Array;
  readonly #state: Float32Array;
  #untilCanary = 0;
  #sinceEntry = 0;
  #isFresh = false;

  constructor(
    accelerator: Accelerator,
    stepper: Stepper,
    plan: Plan,
    lengths: { readonly parameters: number; readonly state: number },
  ) {
    this.#accelerator = accelerator;
    this.#stepper = stepper;
    this.most = stepper.most;
    this.#tolerance = relativeRounding(plan);
    this.#parameters = new Float32Array(lengths.parameters);
    this.#state = new Float32Array(lengths.state);
    this.report = { adapter: String(accelerator.details.adapter), steps: 0 };
  }

  /** Whether the host should say what the next steps give; only where it holds the same parameters. */
  get isCanaryDue(): boolean {
    return this.#isFresh && this.#untilCanary <= 0;
  }

  enter(
    order: Uint32Array<ArrayBuffer>,
    { parameters, state }: { parameters: ArrayLike<number>; state: ArrayLike<number> },
  ): void {
    this.#stepper.setOrder(order);
    this.#stepper.push(parameters, state);
    this.#isFresh = true;
  }

  /**
   * Takes steps. One that gives something that is not finite ends the call: what comes after it depends
   * on it.
   * @throws GpuError if the GPU fails, or differs from what the host expects of the first steps
   */
  async take(
    steps: readonly StepInputs[],
    expected: readonly Expected[],
  ): Promise<ReadonlyMap<string, Float64Array>[]> {
    let results = await this.#stepper.take(steps);
    const broken = results.findIndex((outputs) => !isFinite(outputs));
    if (broken >= 0) {
      // Whoever takes steps after one that was skipped must know: Adam's t has not moved.
      this.#stepper.undo();
      results = await this.#stepper.take(steps.slice(0, broken + 1));
    }
    expected.slice(0, results.length).forEach((each, i) => this.#compare(results[i], each, i));
    if (expected.length > 0) this.#untilCanary = CANARY_STEPS;
    this.#isFresh = false;
    this.#untilCanary -= results.length;
    this.#sinceEntry += results.length;
    return results;
  }

  /** The parameters and the state; the steps taken now count. */
  async leave(): Promise<{ parameters: Float32Array; state: Float32Array }> {
    await this.#stepper.pull(this.#parameters, this.#state);
    this.report.steps += this.#sinceEntry;
    this.#sinceEntry = 0;
    return { parameters: this.#parameters, state: this.#state };
  }

  abandon(error: Error): void {
    this.report.lost = error.message;
    this.dispose();
  }

  dispose(): void {
    this.#accelerator.dispose();
  }

  #compare(got: ReadonlyMap<string, Float64Array>, want: Expected, step: number): void {
    const parts = Math.abs(want.loss[0]) + Math.abs(want.reconstruction[0]) + Math.abs(want.kl[0]);
    const scales = { loss: parts, squaredNorm: 2 * Math.abs(want.squaredNorm[0]) };
    for (const [name, scale] of Object.entries(scales)) {
      const expected = want[name as keyof typeof scales][0], actual = got.get(name)![0];
      if (!Number.isFinite(expected) && !Number.isFinite(actual)) continue;
      const limit = (step + 1) * this.#tolerance * scale + 2 ** -60;
      if (Math.abs(actual - expected) <= limit) continue;
      throw new GpuError(
        `Cannot trust the GPU: ${name} must be ${expected}: current value is ${actual}`,
      );
    }
  }
}

function isFinite(outputs: ReadonlyMap<string, Float64Array>): boolean {
  return ["loss", "squaredNorm"].every((name) => Number.isFinite(outputs.get(name)![0]));
}

/** By how much two float32 runs of a plan's step may differ, relative to the parts of the loss. */
export function relativeRounding(plan: Plan): number {
  return 8 * Math.sqrt(sumLengths(plan)) * 2 ** -24;
}

/** The lengths of all sums of a plan, added. */
function sumLengths({ instructions, capacity }: Plan): number {
  return instructions.reduce((total, { op, inputs: [x], output }) => {
    if (!/dense|matmul|sum|squaredNorm|Cols/.test(op)) return total + 2;
    const terms = op === "dense" || op === "matmul"
      ? sizeAt(x.shape, capacity) / Math.max(1, sizeAt({ ...output.shape, cols: 1 }, capacity))
      : sizeAt(x.shape, capacity) / Math.max(1, sizeAt(output.shape, capacity));
    return total + Math.max(1, terms);
  }, 0);
}
