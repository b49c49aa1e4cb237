/**
 * The training loop of a Boltzmann machine: minibatches in a seeded order, one program run per step, persistent chains
 * carried from step to step. There is no objective that could detect divergence as in a VAE: a step whose gradient is
 * not finite changes nothing and is counted. After three of these in a row, or steps whose energies are not finite, the
 * run ends with the parameters of the last good epoch.
 */
import type { Segment, SyncProgram } from "../../backends/backend.ts";
import { permutation } from "../../core/random/permutation.ts";
import { splitSeed } from "../../core/random/philox.ts";
import { STREAMS } from "../../core/random/streams.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { withPauses } from "../../trained/pauser.ts";
import { DivergenceError } from "../run/divergence.ts";
import { gatherRows } from "../rows/minibatch.ts";
import { learningRateAt, type MomentPowers, nextPowers, scheduleOf } from "../program/schedule.ts";
import type { RbmEpoch, RbmFitOptions, RbmRecipe, RbmReport } from "./rbm_options.ts";

export interface RbmRun extends Pick<RbmFitOptions, "onProgress" | "signal"> {
  readonly program: SyncProgram;
  readonly parameters: Segment;
  readonly recipe: RbmRecipe;
  readonly data: Matrix;
}

const SKIPS_BEFORE_GIVING_UP = 3;

/** @throws DivergenceError if steps stay non-finite; the signal's reason if it is aborted */
export function trainRbm(run: RbmRun): Promise<RbmReport> {
  return withPauses(run.signal, (pause) => train(run, pause));
}

async function train(run: RbmRun, pause: () => Promise<void>): Promise<RbmReport> {
  const { parameters, recipe: { epochs }, onProgress } = run;
  const steps = new Steps(run);
  const good = new Float64Array(parameters.length);
  const history: RbmEpoch[] = [];
  while (history.length < epochs) {
    if (steps.consecutiveSkips === 0) parameters.read(0, good);
    steps.beginEpoch(history.length);
    for (let hasMore = true; hasMore;) {
      hasMore = steps.next();
      if (steps.consecutiveSkips === SKIPS_BEFORE_GIVING_UP) {
        parameters.write(0, good);
        throw new DivergenceError(
          `Cannot train: ${SKIPS_BEFORE_GIVING_UP} steps in a row are not finite: lower the learning rate`,
        );
      }
      await pause();
    }
    history.push(steps.endEpoch(history.length + 1));
    onProgress?.(history.at(-1)!);
  }
  return { history };
}

/** The steps of a run, in order. */
class Steps {
  consecutiveSkips = 0;
  readonly #run: RbmRun;
  readonly #batch: Float32Array;
  readonly #chain: Float32Array;
  readonly #batches: number;
  readonly #outputs = {
    gap: new Float64Array(1),
    reconstruction: new Float64Array(1),
    squaredNorm: new Float64Array(1),
  };
  #order = new Uint32Array();
  #step = 0;
  #skipped = 0;
  #powers: MomentPowers = [1, 1];
  #sums = { rows: 0, gap: 0, reconstruction: 0 };

  constructor(run: RbmRun) {
    const [rows, columns] = run.data.shape, { batchSize } = run.recipe;
    this.#run = run;
    this.#batches = Math.ceil(rows / batchSize);
    this.#batch = new Float32Array(Math.min(batchSize, rows) * columns);
    this.#chain = new Float32Array(this.#batch.length);
  }

  beginEpoch(epoch: number): void {
    const { data, recipe: { seed } } = this.#run;
    this.#order = permutation(data.shape[0], seed, epoch, STREAMS.shuffle);
    this.#sums = { rows: 0, gap: 0, reconstruction: 0 };
    // Chains start at the first rows of the first epoch.
    if (epoch === 0) {
      gatherRows(data, this.#order, 0, this.#chain.length / data.shape[1], this.#chain);
    }
  }

  /** Takes a step. @returns whether the epoch has another */
  next(): boolean {
    const { program, data: { shape: [total, columns] }, data, recipe } = this.#run;
    const { batchSize, epochs, optimizer, objective, seed } = recipe;
    const persistent = objective.type === "pcd";
    const batch = this.#step % this.#batches, first = batch * batchSize;
    const rows = Math.min(batchSize, total - first);
    gatherRows(data, this.#order, first, rows, this.#batch);
    const chain = this.#chain.subarray(0, rows * columns);
    const powers = nextPowers(optimizer, this.#powers);
    const rate = learningRateAt(optimizer, this.#step, this.#batches, epochs);
    program.write("x", this.#batch.subarray(0, rows * columns));
    program.write("key", [...splitSeed(seed), this.#step, 0]);
    program.write("schedule", scheduleOf(rate, powers));
    if (persistent) program.write("chain", chain);
    program.run(rows);
    if (persistent) program.read("chain", chain);
    for (const [name, into] of Object.entries(this.#outputs)) program.read(name, into);
    this.#step++;
    const { squaredNorm: [norm], gap: [gap] } = this.#outputs;
    if (Number.isFinite(norm) && Number.isFinite(gap)) {
      this.#powers = powers;
      this.#add(rows);
    } else {
      this.#skipped++;
      this.consecutiveSkips++;
    }
    return batch + 1 < this.#batches;
  }

  endEpoch(epoch: number): RbmEpoch {
    const { rows, gap, reconstruction } = this.#sums;
    const mean = (sum: number) => rows === 0 ? NaN : sum / rows;
    return {
      epoch,
      gap: mean(gap),
      reconstruction: mean(reconstruction),
      skippedSteps: this.#skipped,
    };
  }

  #add(rows: number): void {
    this.consecutiveSkips = 0;
    this.#sums.rows += rows;
    this.#sums.gap += rows * this.#outputs.gap[0];
    this.#sums.reconstruction += rows * this.#outputs.reconstruction[0];
  }
}
