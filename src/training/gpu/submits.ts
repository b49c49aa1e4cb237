/**
 * Submits of steps that are in flight on a GPU. The next submit is sent before the last one is awaited, so that the GPU
 * never waits for the host.
 */
import type { Stepper } from "../../backends/backend.ts";
import type { NextStep } from "../run/step_sequence.ts";
import { isFiniteStep, type StepOutputs } from "../run/stepper.ts";
import type { Race } from "./race.ts";

/** Maximum number of submits in flight: one running, one queued. */
const MOST = 2;

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
  readonly #stepper: Stepper;
  readonly #race: Race;
  /** Oldest first. */
  #onTheWay: Submit[] = [];

  constructor(stepper: Stepper, race: Race) {
    this.#stepper = stepper;
    this.#race = race;
  }

  get hasRoom(): boolean {
    return this.#onTheWay.length < MOST;
  }

  /** Number of steps sent but not yet received. */
  get steps(): number {
    return this.#onTheWay.reduce((sum, { steps }) => sum + steps.length, 0);
  }

  /** The last step in flight. */
  get lastStep(): NextStep | undefined {
    return this.#onTheWay.at(-1)?.steps.at(-1);
  }

  /**
   * Sends steps that follow those in flight, without waiting.
   * @throws GpuError if the GPU fails
   */
  send(steps: readonly NextStep[], expected: readonly StepOutputs[]): void {
    const outputs = this.#stepper.runSteps(steps.map(({ inputs }) => inputs));
    // `receive` reports failures. A submit that is never received was undone.
    outputs.catch(() => {});
    this.#onTheWay.push({ steps, expected, outputs, sentAt: this.#race.now() });
  }

  /**
   * Waits for the oldest submit. If one of its steps is not finite, that step is the last one received, and all later
   * steps are discarded: Adam's t has not advanced, so they were computed for the wrong t.
   * @throws GpuError if the GPU fails
   */
  async receive(): Promise<Received> {
    const { steps, expected, outputs: given, sentAt } = this.#onTheWay[0];
    const outputs = (await given).map(toOutputs);
    this.#race.gpuTook(outputs.length, sentAt);
    const broken = outputs.findIndex((each) => !isFiniteStep(each));
    if (broken < 0) {
      this.#onTheWay.shift();
      return { steps, outputs, expected };
    }
    this.#stepper.undo(this.#onTheWay.length === 1 ? 1 : 2);
    this.#onTheWay = [];
    const upTo = steps.slice(0, broken + 1);
    const again = await this.#stepper.runSteps(upTo.map(({ inputs }) => inputs));
    return { steps: upTo, outputs: again.map(toOutputs), expected };
  }
}

function toOutputs(values: ReadonlyMap<string, Float64Array>): StepOutputs {
  return Object.fromEntries(values) as unknown as StepOutputs;
}
