/**
 * Training steps on the host, one run of the program each, and what every step reads: on the host and on
 * any other device, a step is a function of the counters alone.
 */
import type { Live, StepInputs, SyncProgram } from "../backends/backend.ts";
import { splitSeed } from "../core/philox.ts";
import type { Matrix } from "../trained/matrix.ts";
import type { RunCounters } from "./checkpoint.ts";
import type { StepMeans } from "./epoch_sums.ts";
import { gatherRows } from "./minibatch.ts";
import type { Recipe } from "./options.ts";
import {
  learningRateAt,
  type MomentPowers,
  nextPowers,
  type Scalars,
  scalarsOf,
  scheduleOf,
} from "./schedule.ts";

/** What a step reads, and the powers of Adam's decay rates after it. */
export interface NextStep {
  readonly inputs: StepInputs;
  readonly powers: MomentPowers;
}

export class HostSteps {
  /** What the last step gave. */
  readonly means: StepMeans & { readonly squaredNorm: Float64Array };
  /** The rows of the epoch. */
  order: Uint32Array<ArrayBuffer> = new Uint32Array();
  readonly #program: SyncProgram;
  readonly #recipe: Recipe;
  readonly #data: Matrix;
  readonly #batches: number;
  /** The batch, where the program reads it. */
  readonly #x: Live;
  readonly #scalars: Scalars;
  readonly #seed: readonly [low: number, high: number];
  readonly #outputs: readonly (readonly [name: string, into: Float64Array])[];
  /** The rows that follow the batch, where the objective reads such. */
  readonly #reference?: Live;

  /** @param batches steps of an epoch */
  constructor(program: SyncProgram, recipe: Recipe, data: Matrix, batches: number) {
    const { inputs, outputs } = program.plan;
    this.#program = program;
    this.#recipe = recipe;
    this.#data = data;
    this.#batches = batches;
    this.#scalars = scalarsOf(program.plan);
    this.#seed = splitSeed(recipe.seed);
    this.#x = program.live("x");
    if (inputs.has("reference")) this.#reference = program.live("reference");
    const latent = outputs.get("meanOfMean")!.shape.cols;
    const vector = (length: number) => new Float64Array(length);
    this.means = {
      loss: vector(1),
      reconstruction: vector(1),
      kl: vector(1),
      squaredNorm: vector(1),
      meanOfMean: vector(latent),
      meanOfSquare: vector(latent),
    };
    this.#outputs = Object.entries(this.means);
  }

  /** What the step reads that comes `ahead` steps after this one. */
  next(counters: RunCounters, ahead: number, before: MomentPowers): NextStep {
    const { optimizer, epochs, objective, batchSize } = this.#recipe;
    const step = counters.step + ahead, first = (counters.batch + ahead) * batchSize;
    const powers = nextPowers(optimizer, before);
    const learningRate = learningRateAt(optimizer, step, this.#batches, epochs);
    const floats = new Map<string, readonly number[]>();
    for (const [name, at] of this.#scalars) floats.set(name, [at(objective, step, this.#batches)]);
    floats.set("schedule", scheduleOf(learningRate * counters.rate, powers));
    const rows = Math.min(batchSize, this.order.length - first);
    const inputs = { rows, first, key: [...this.#seed, step, 0] as const, floats };
    return { inputs, powers };
  }

  /** Takes a step. */
  run({ rows, first, key, floats }: StepInputs): void {
    const program = this.#program, data = this.#data;
    gatherRows(data, this.order, first, rows, this.#x.elements);
    if (program.plan.inputs.has("key")) program.write("key", key);
    if (this.#reference) {
      const { elements } = this.#reference, count = elements.length / data.shape[1];
      gatherRows(data, this.order, first + rows, count, elements);
    }
    for (const [name, values] of floats) program.write(name, values);
    program.run(rows);
    for (const [name, into] of this.#outputs) program.read(name, into);
  }
}
