/**
 * Training steps on a GPU that is not trusted. Now and then, before the GPU takes steps, the host takes the
 * first of them itself from the same parameters, and compares losses and gradient norms: the first loss
 * tells of the forward pass, the first norm of the backward pass, the second loss of the update, and those
 * that follow of what a submit does between its steps. A difference beyond rounding counts as loss of the
 * device, and all steps since the last comparison that held are taken again.
 *
 * Tolerance. That of `graph/cost.ts`, relative to the parts of the loss, which may cancel; twice that for
 * a norm, which is squared; and t times that for step t, whose parameters differ already.
 */
import { type Accelerator, GpuError, type StepInputs, type Stepper } from "../backends/backend.ts";
import type { Plan } from "../graph/plan.ts";
import { normRounding, relativeRounding } from "../graph/cost.ts";
import type { StepMeans } from "./epoch_sums.ts";
import type { GpuReport } from "./report.ts";

export { GpuError } from "../backends/backend.ts";

/** What the host says a step gives. */
export type Expected = StepMeans & { readonly squaredNorm: Float64Array };

/** The GPU computes wrongly, and may have done so since it was last compared. */
export class DistrustError extends GpuError {}

/** Steps between two canaries at least, and the share of the device's time that those of the host may take. */
const CANARY_EVERY = 512, CANARY_SHARE = 0.05;
/** Steps that the host takes for the first canary of a run, and for later ones. */
const FIRST_CANARY = 8, CANARY = 2;

/** Submits that are sent before the first of them is waited for: one at work, one to follow. */
const MOST_SENT = 2;

/** Steps that the GPU was sent. */
interface Sent {
  readonly steps: readonly StepInputs[];
  readonly results: Promise<Results>;
  readonly at: number;
  readonly expected: readonly Expected[];
}

/** The outputs of each step. */
type Results = ReadonlyMap<string, Float64Array>[];

export class GpuSteps {
  readonly most: number;
  readonly report: GpuReport;
  readonly #accelerator: Accelerator;
  readonly #stepper: Stepper;
  readonly #tolerances: { readonly loss: number; readonly squaredNorm: number };
  readonly #parameters: Float32Array;
  readonly #state: Float32Array;
  readonly #clock: () => number;
  readonly #isRival: boolean;
  /** Sent, and not yet received; the oldest first. */
  #sent: Sent[] = [];
  /** Milliseconds of a step of the host, and of the GPU, the least that was seen. */
  #hostTook = Infinity;
  #gpuTook = Infinity;
  #receivedAt = -Infinity;
  #takes = 0;
  #canarySteps = FIRST_CANARY;
  #untilCanary = 0;
  #sinceEntry = 0;
  #isFresh = false;
  #isAhead = false;
  /** Steps that counted when a comparison last held. */
  #trustedSteps = 0;

  constructor(
    accelerator: Accelerator,
    stepper: Stepper,
    plan: Plan,
    { clock, isRival, ...lengths }: {
      readonly parameters: number;
      readonly state: number;
      /** A steady clock, milliseconds: it decides where steps are taken and how often they are compared. */
      readonly clock: () => number;
      /** Whether the GPU is used only if it is faster than the host. */
      readonly isRival: boolean;
    },
  ) {
    this.#clock = clock;
    this.#isRival = isRival;
    this.#accelerator = accelerator;
    this.#stepper = stepper;
    this.most = stepper.most;
    this.#tolerances = { loss: relativeRounding(plan), squaredNorm: normRounding(plan) };
    this.#parameters = new Float32Array(lengths.parameters);
    this.#state = new Float32Array(lengths.state);
    this.report = { adapter: String(accelerator.details.adapter), steps: 0 };
  }

  /** Of how many next steps the host should say what they give; only where it holds the same parameters. */
  get canarySteps(): number {
    return this.#isFresh && this.#untilCanary <= 0 ? this.#canarySteps : 0;
  }

  /** Steps that were sent and not yet received. */
  get inFlight(): number {
    return this.#sent.reduce((sum, { steps }) => sum + steps.length, 0);
  }

  /** Whether the oldest steps sent are compared with what the host says of them. */
  get isCompared(): boolean {
    return (this.#sent[0]?.expected.length ?? 0) > 0;
  }

  /** Whether more may be sent now. */
  get isReady(): boolean {
    return this.#sent.length < MOST_SENT;
  }

  /** Whether the parameters of the GPU are later ones than those of the host. */
  get isAhead(): boolean {
    return this.#isAhead;
  }

  /** Whether the host is faster: the run should go on there. */
  get isSlower(): boolean {
    return this.report.left !== undefined;
  }

  /** Tells how long a step of the host takes, milliseconds. */
  hostTook(milliseconds: number): void {
    this.#hostTook = Math.min(this.#hostTook, milliseconds);
  }

  enter(
    order: Uint32Array<ArrayBuffer>,
    { parameters, state }: { parameters: ArrayLike<number>; state: ArrayLike<number> },
  ): void {
    this.#sent = [];
    this.#stepper.setOrder(order);
    this.#stepper.push(parameters, state);
    this.#countSteps();
    this.#isFresh = true;
  }

  /** The host holds what the steps taken so far led to: they count. */
  #countSteps(): void {
    this.report.steps += this.#sinceEntry;
    this.#sinceEntry = 0;
    this.#isAhead = false;
  }

  /**
   * Sends steps that follow those sent before. Nothing is waited for.
   * @param expected what the host says of the first of them
   * @throws GpuError if the GPU fails
   */
  send(steps: readonly StepInputs[], expected: readonly Expected[] = []): void {
    this.#isAhead = true;
    this.#isFresh = false;
    const results = this.#stepper.take(steps);
    // Whoever receives hears of it; steps that are not received do not matter.
    results.catch(() => {});
    this.#sent.push({ steps, results, at: this.#clock(), expected });
  }

  /**
   * What the oldest steps sent gave. One that gives something that is not finite ends them: whatever was sent
   * after it depends on it and is taken back.
   * @throws GpuError if the GPU fails
   * @throws DistrustError if it differs from what the host expects of the first steps
   */
  async receive(): Promise<Results> {
    const { steps, at, expected, results: sent } = this.#sent[0];
    let results = await sent;
    this.#time(Math.max(at, this.#receivedAt), results.length);
    const broken = results.findIndex((outputs) => !isFinite(outputs));
    if (broken >= 0) {
      // Whoever takes steps after one that was skipped must know: Adam's t has not moved.
      this.#stepper.undo(this.#sent.length === 1 ? 1 : 2);
      this.#sent = [];
      results = await this.#stepper.take(steps.slice(0, broken + 1));
    } else this.#sent.shift();
    this.#compareAll(results, expected);
    this.#untilCanary -= results.length;
    this.#sinceEntry += results.length;
    return results;
  }

  /** How long steps took; once, of the second submit, since the first compiles, whether the host is faster. */
  #time(start: number, steps: number): void {
    const now = this.#receivedAt = this.#clock(), took = (now - start) / steps;
    this.#gpuTook = Math.min(this.#gpuTook, took);
    if (++this.#takes !== 2 || !this.#isRival || took < this.#hostTook) return;
    const [gpu, host] = [took, this.#hostTook].map((each) => each.toPrecision(3));
    this.report.left = `a step took ${gpu} ms there, ${host} ms on the host`;
  }

  /** The parameters and the state; the steps taken now count. */
  async leave(): Promise<{ parameters: Float32Array; state: Float32Array }> {
    await this.#stepper.pull(this.#parameters, this.#state);
    this.#countSteps();
    return { parameters: this.#parameters, state: this.#state };
  }

  abandon(error: Error): void {
    this.report.lost = error.message;
    this.dispose();
  }

  dispose(): void {
    this.#accelerator.dispose();
  }

  #compareAll(
    results: readonly ReadonlyMap<string, Float64Array>[],
    expected: readonly Expected[],
  ): void {
    if (expected.length === 0) return;
    const counted = this.report.steps;
    this.report.steps = this.#trustedSteps;
    expected.slice(0, results.length).forEach((each, i) => this.#compare(results[i], each, i));
    this.report.steps = this.#trustedSteps = counted;
    this.#canarySteps = CANARY;
    const cost = CANARY * this.#hostTook / (CANARY_SHARE * this.#gpuTook);
    this.#untilCanary = Math.max(CANARY_EVERY, Number.isFinite(cost) ? cost : 0);
  }

  #compare(got: ReadonlyMap<string, Float64Array>, want: Expected, step: number): void {
    const parts = Math.abs(want.loss[0]) + Math.abs(want.reconstruction[0]) + Math.abs(want.kl[0]);
    const scales = { loss: parts, squaredNorm: 2 * Math.abs(want.squaredNorm[0]) };
    for (const name of ["loss", "squaredNorm"] as const) {
      const expected = want[name][0], actual = got.get(name)![0];
      if (!Number.isFinite(expected) && !Number.isFinite(actual)) continue;
      const limit = (step + 1) * this.#tolerances[name] * scales[name] + 2 ** -60;
      if (Math.abs(actual - expected) <= limit) continue;
      throw new DistrustError(
        `Cannot trust the GPU: ${name} must be ${expected}: current value is ${actual}`,
      );
    }
  }
}

function isFinite(outputs: ReadonlyMap<string, Float64Array>): boolean {
  return ["loss", "squaredNorm"].every((name) => Number.isFinite(outputs.get(name)![0]));
}
