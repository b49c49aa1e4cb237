/**
 * The inputs of each step of a run. They depend only on the counters, so any device can take any step, even repeatedly.
 */
import type { StepInputs } from "../../backends/backend.ts";
import { splitSeed } from "../../core/random/philox.ts";
import type { Plan } from "../../graph/plan.ts";
import type { Recipe } from "../options.ts";
import {
  learningRateAt,
  type MomentPowers,
  nextPowers,
  type Scalars,
  scalarsOf,
  scheduleOf,
} from "../program/schedule.ts";
import type { RunCounters } from "./checkpoint.ts";
import type { RowOrder } from "./row_order.ts";

/** The inputs of a step, and the powers of Adam's decay rates after it. */
export interface NextStep {
  readonly inputs: StepInputs;
  readonly powers: MomentPowers;
}

export class StepSequence {
  readonly stepsPerEpoch: number;
  readonly #recipe: Recipe;
  readonly #rowOrder: RowOrder;
  readonly #scalars: Scalars;
  readonly #seed: readonly [low: number, high: number];
  #order: Uint32Array<ArrayBuffer> = new Uint32Array();

  constructor(plan: Plan, recipe: Recipe, rowOrder: RowOrder) {
    this.stepsPerEpoch = Math.ceil(rowOrder.length / recipe.batchSize);
    this.#recipe = recipe;
    this.#rowOrder = rowOrder;
    this.#scalars = scalarsOf(plan);
    this.#seed = splitSeed(recipe.seed);
  }

  /** Indices of the rows of the current epoch. */
  get order(): Uint32Array<ArrayBuffer> {
    return this.#order;
  }

  beginEpoch(epoch: number): void {
    this.#order = this.#rowOrder.ofEpoch(epoch);
  }

  /**
   * The step that is `stepsAhead` steps after the last one counted.
   * @param currentPowers the powers of Adam's decay rates before it
   */
  at(counters: RunCounters, stepsAhead: number, currentPowers: MomentPowers): NextStep {
    const { optimizer, epochs, objective, batchSize } = this.#recipe,
      stepsPerEpoch = this.stepsPerEpoch;
    const step = counters.step + stepsAhead, first = (counters.batch + stepsAhead) * batchSize;
    const powers = nextPowers(optimizer, currentPowers);
    const learningRate = learningRateAt(optimizer, step, stepsPerEpoch, epochs);
    const floats = new Map<string, readonly number[]>();
    for (const [name, at] of this.#scalars) floats.set(name, [at(objective, step, stepsPerEpoch)]);
    floats.set("schedule", scheduleOf(learningRate * counters.rate, powers));
    const rows = Math.min(batchSize, this.#order.length - first);
    return { inputs: { rows, first, key: [...this.#seed, step, 0], floats }, powers };
  }
}
