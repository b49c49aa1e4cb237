/**
 * Steps on their way through a GPU, in submits of many. The next submit is sent before the last one is waited for, so
 * that the GPU never waits for the host.
 */
import type { Stepper } from "../../backends/backend.ts";
import type { NextStep } from "../run/step_sequence.ts";
import { isFiniteStep, type StepOutputs } from "../run/stepper.ts";
import type { Race } from "./race.ts";

/** Submits on their way at most: one at work, one to follow. */
const MOST = 2;

/** Steps that the GPU was sent together. */
interface Submit {
  readonly steps: readonly NextStep[];
  /** What the host expects of the first of them. */
  readonly expected: readonly StepOutputs[];
  readonly outputs: Promise<readonly ReadonlyMap<string, Float64Array>[]>;
  readonly sentAt: number;
}

/** Steps that were taken, with what each gave. */
export interface Received {
  readonly steps: readonly NextStep[];
  readonly outputs: readonly StepOutputs[];
  readonly expected: readonly StepOutputs[];
}

export class Submits {
  readonly #stepper: Stepper;
  readonly #race: Race;
  /** The oldest first. */
  #onTheWay: Submit[] = [];

  constructor(stepper: Stepper, race: Race) {
    this.#stepper = stepper;
    this.#race = race;
  }

  get hasRoom(): boolean {
    return this.#onTheWay.length < MOST;
  }

  /** Steps that were sent and not yet received. */
  get steps(): number {
    return this.#onTheWay.reduce((sum, { steps }) => sum + steps.length, 0);
  }

  /** The last of them. */
  get lastStep(): NextStep | undefined {
    return this.#onTheWay.at(-1)?.steps.at(-1);
  }

  /**
   * Sends steps that follow those sent before, and waits for nothing.
   * @throws GpuError if the GPU fails
   */
  send(steps: readonly NextStep[], expected: readonly StepOutputs[]): void {
    const outputs = this.#stepper.take(steps.map(({ inputs }) => inputs));
    // `receive` hears of a failure. A submit that is never received was taken back.
    outputs.catch(() => {});
    this.#onTheWay.push({ steps, expected, outputs, sentAt: this.#race.now() });
  }

  /**
   * The oldest submit, once it is done. If one of its steps is not finite, that step is the last one received, and none is
   * left on the way: Adam's t has not moved, so all steps sent after it were computed for another t.
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
    const again = await this.#stepper.take(upTo.map(({ inputs }) => inputs));
    return { steps: upTo, outputs: again.map(toOutputs), expected };
  }
}

function toOutputs(values: ReadonlyMap<string, Float64Array>): StepOutputs {
  return Object.fromEntries(values) as unknown as StepOutputs;
}
