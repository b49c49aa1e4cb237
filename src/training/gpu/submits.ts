/**
 * Submits of steps that are in flight on a GPU. The next submit is sent before the last one is awaited, so that the GPU
 * never waits for the host.
 */
import type { DeviceStepper } from "../../backends/backend.ts";
import type { NextStep } from "../run/step_sequence.ts";
import { isFiniteStep, type StepOutputs } from "../run/stepper.ts";
import type { Race } from "./race.ts";

/** Maximum number of submits in flight: one running, one queued. */
const MAX_IN_FLIGHT = 2;

/** Steps sent to the GPU together. */
interface Submit {
  readonly steps: readonly NextStep[];
  /** The host's results for the first steps. */
  readonly expected: readonly StepOutputs[];
  readonly outputs: Promise<readonly ReadonlyMap<string, Float64Array>[]>;
  readonly sentAt: number;
}

/** Completed steps and their results. */
export interface Received {
  readonly steps: readonly NextStep[];
  readonly outputs: readonly StepOutputs[];
  readonly expected: readonly StepOutputs[];
}

export class Submits {
  readonly #stepper: DeviceStepper;
  readonly #race: Race;
  /** Oldest first. */
  #inFlight: Submit[] = [];

  constructor(stepper: DeviceStepper, race: Race) {
    this.#stepper = stepper;
    this.#race = race;
  }

  get hasRoom(): boolean {
    return this.#inFlight.length < MAX_IN_FLIGHT;
  }

  /** Number of steps sent but not yet received. */
  get steps(): number {
    return this.#inFlight.reduce((sum, { steps }) => sum + steps.length, 0);
  }

  /** The last step in flight. */
  get lastStep(): NextStep | undefined {
    return this.#inFlight.at(-1)?.steps.at(-1);
  }

  /**
   * Sends steps that follow those in flight, without waiting.
   * @throws GpuError if the GPU fails
   */
  send(steps: readonly NextStep[], expected: readonly StepOutputs[]): void {
    const outputs = this.#stepper.runSteps(steps.map(({ inputs }) => inputs));
    // `receive` reports failures. A submit that is never received was undone.
    outputs.catch(() => {});
    this.#inFlight.push({ steps, expected, outputs, sentAt: this.#race.now() });
  }

  /**
   * Waits for the oldest submit. If one of its steps is not finite, that step is the last one received, and all later
   * steps are discarded: Adam's t has not advanced, so they were computed for the wrong t.
   * @throws GpuError if the GPU fails
   */
  async receive(): Promise<Received> {
    const { steps, expected, outputs: given, sentAt } = this.#inFlight[0];
    const outputs = (await given).map(toOutputs);
    this.#race.recordGpu(outputs.length, sentAt);
    const firstNonFinite = outputs.findIndex((each) => !isFiniteStep(each));
    if (firstNonFinite < 0) {
      this.#inFlight.shift();
      return { steps, outputs, expected };
    }
    this.#stepper.undo(this.#inFlight.length === 1 ? 1 : 2);
    this.#inFlight = [];
    const counted = steps.slice(0, firstNonFinite + 1);
    const redone = await this.#stepper.runSteps(counted.map(({ inputs }) => inputs));
    return { steps: counted, outputs: redone.map(toOutputs), expected };
  }
}

function toOutputs(values: ReadonlyMap<string, Float64Array>): StepOutputs {
  return Object.fromEntries(values) as unknown as StepOutputs;
}
