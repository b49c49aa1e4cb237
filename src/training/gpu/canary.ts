/**
 * Checks an untrusted GPU during training. From time to time, before the GPU takes steps, the host takes the first of
 * them itself from the same parameters, and losses and gradient norms are compared. The first loss tests the forward
 * pass, the first norm the backward pass, the second loss the update, and later steps what a submit does between its
 * steps.
 *
 * Tolerance: that of `graph/cost.ts`, relative to the parts of the loss, which may cancel; twice that for a norm, which
 * is squared; and t times that for step t, whose parameters already differ.
 */
import { GpuError } from "../../backends/backend.ts";
import { normRounding, relativeRounding } from "../../graph/cost.ts";
import type { Plan } from "../../graph/plan.ts";
import type { HostStepper } from "../run/host_stepper.ts";
import type { RunMemory } from "../run/run_memory.ts";
import type { NextStep } from "../run/step_sequence.ts";
import type { StepOutputs } from "../run/stepper.ts";
import type { Race } from "./race.ts";

/** The GPU computes incorrectly, possibly since the last successful comparison. */
export class DistrustError extends GpuError {}

/** Number of steps in the first comparison, and in later ones. */
const FIRST_STEPS = 8, LATER_STEPS = 2;
/** Minimum number of steps between comparisons, and the maximum cost of one as a share of the GPU's time. */
const MIN_STEPS_BETWEEN = 512, MAX_COST_SHARE = 0.05;
/** Steps of a comparison that the host always takes, and the time in milliseconds after which it takes no more. */
const MIN_HOST_STEPS = 2, MAX_HOST_MS = 500;

export class Canary {
  readonly #host: HostStepper;
  readonly #memory: RunMemory;
  readonly #race: Race;
  readonly #tolerances: { readonly loss: number; readonly squaredNorm: number };
  #steps = FIRST_STEPS;
  #stepsUntilDue = 0;

  constructor(plan: Plan, host: HostStepper, memory: RunMemory, race: Race) {
    this.#host = host;
    this.#memory = memory;
    this.#race = race;
    this.#tolerances = { loss: relativeRounding(plan), squaredNorm: normRounding(plan) };
  }

  /**
   * Computes the first of the next steps on the host; none if no comparison is due. The host's memory, which must hold
   * the same parameters as the GPU, is left unchanged.
   */
  computeExpected(next: readonly NextStep[]): StepOutputs[] {
    if (this.#stepsUntilDue > 0) return [];
    const before = this.#memory.snapshot(), start = this.#race.now();
    const expected: StepOutputs[] = [];
    for (const { inputs } of next.slice(0, this.#steps)) {
      if (expected.length >= MIN_HOST_STEPS && this.#race.now() - start > MAX_HOST_MS) break;
      expected.push(structuredClone(this.#host.run(inputs)));
    }
    this.#race.recordHost(expected.length, start);
    this.#memory.write(before);
    return expected;
  }

  /**
   * Compares the GPU's results with the host's results for the first steps.
   * @throws DistrustError if they differ by more than rounding
   */
  judge(outputs: readonly StepOutputs[], expected: readonly StepOutputs[]): void {
    expected.slice(0, outputs.length).forEach((each, i) => this.#compare(outputs[i], each, i));
    this.#steps = LATER_STEPS;
    this.#stepsUntilDue = Math.max(
      MIN_STEPS_BETWEEN,
      this.#race.costOf(LATER_STEPS) / MAX_COST_SHARE,
    );
  }

  /** The GPU has taken this many more steps. */
  countSteps(steps: number): void {
    this.#stepsUntilDue -= steps;
  }

  #compare(gpuOutputs: StepOutputs, hostOutputs: StepOutputs, step: number): void {
    const parts = Math.abs(hostOutputs.loss[0]) + Math.abs(hostOutputs.reconstruction[0]) +
      Math.abs(hostOutputs.kl[0]);
    const scales = { loss: parts, squaredNorm: 2 * Math.abs(hostOutputs.squaredNorm[0]) };
    for (const name of ["loss", "squaredNorm"] as const) {
      const expected = hostOutputs[name][0], actual = gpuOutputs[name][0];
      if (!Number.isFinite(expected) && !Number.isFinite(actual)) continue;
      const limit = (step + 1) * this.#tolerances[name] * scales[name] + 2 ** -60;
      if (Math.abs(actual - expected) <= limit) continue;
      throw new DistrustError(
        `Cannot trust the GPU: ${name} must be ${expected}, got ${actual}`,
      );
    }
  }
}
