/**
 * The training loop: minibatches in a seeded order, one program run per step, and the decisions
 * between steps: schedules, skipped steps, rollback, early stopping, checkpoints, cancellation.
 *
 * A step whose gradient is not finite changes nothing (`ops/optimizer.ts`) and is counted. After
 * three in a row, or an epoch far worse than the untrained model, the run falls back to the last
 * epoch that was no worse than the untrained model, with a tenth of the learning rate; after six
 * such falls it gives up. Whatever happens, the model is left with parameters that were good.
 */
import type { Backend, Segment, SyncProgram } from "../backends/backend.ts";
import { splitSeed } from "../core/philox.ts";
import type { Matrix } from "../scoring/matrix.ts";
import {
  type Checkpoint,
  type CheckpointStore,
  readCheckpoint,
  type RunCounters,
  type RunIdentity,
  type Snapshot,
  writeCheckpoint,
} from "./checkpoint.ts";
import { DivergenceError, isDiverged } from "./divergence.ts";
import { EpochSums, type StepMeans } from "./epoch_sums.ts";
import { gatherRows } from "./minibatch.ts";
import type { Recipe } from "./options.ts";
import type { EpochMeans, EpochReport, FitReport } from "./report.ts";
import type { RowOrder } from "./row_order.ts";
import { learningRateAt, nextPowers, scheduleOf, writeScalars } from "./schedule.ts";

/** What a run works on. */
export interface Run {
  readonly backend: Backend<SyncProgram>;
  readonly program: SyncProgram;
  readonly parameters: Segment;
  readonly state: Segment;
  readonly recipe: Recipe;
  readonly data: Matrix;
  /** The rows of every epoch. */
  readonly order: RowOrder;
  /** Brings parameters that are no gradient's up to date with the others, after each epoch. */
  readonly settle?: () => void;
  /** Mean objective of the training rows (many: of some) under the present parameters. */
  readonly measure: () => number;
  /** Mean ELBO of the validation rows under the present parameters; absent without validation. */
  readonly validate?: () => number;
  readonly onProgress?: (report: EpochReport) => void;
  readonly signal?: AbortSignal;
  readonly checkpoint?: { readonly store: CheckpointStore; readonly identity: RunIdentity };
  /** Milliseconds of a steady clock: for progress and for when to write, never for results. */
  readonly clock: () => number;
}

const SKIPS_BEFORE_ROLLBACK = 3;
const MAX_ROLLBACKS = 6;

/** Longest time without letting events in, milliseconds. */
const YIELD_EVERY = 50;

/** @throws DivergenceError if steps stay non-finite; the signal's reason if it is aborted */
export async function train(run: Run): Promise<FitReport> {
  run.signal?.throwIfAborted();
  const trainer = new Trainer(run);
  await trainer.start();
  await trainer.run();
  return trainer.report();
}

class Trainer {
  readonly #run: Run;
  readonly #latent: number;
  readonly #batches: number;
  readonly #step: StepMeans & { readonly squaredNorm: Float64Array };
  readonly #batch: Float32Array;
  /** The rows that follow the batch, where the objective reads such. */
  readonly #reference?: Float32Array;
  #counters: RunCounters;
  #sums: EpochSums;
  #good: Snapshot;
  #best?: Snapshot;
  /** The present parameters, where the last epoch was proposed. */
  #proposal?: Snapshot;
  #order = new Uint32Array();
  #lastWrite: number;
  #lastYield: number;
  #epochStart: { time: number; batch: number };

  constructor(run: Run) {
    this.#run = run;
    const rows = run.order.length, columns = run.data.shape[1];
    const { batchSize } = run.recipe;
    this.#batches = Math.ceil(rows / batchSize);
    this.#batch = new Float32Array(Math.min(batchSize, rows) * columns);
    const referenceRows = run.program.plan.inputs.get("reference")?.shape.rows ?? 0;
    if (referenceRows > 0) this.#reference = new Float32Array(referenceRows * columns);
    this.#latent = run.program.plan.outputs.get("meanOfMean")!.shape.cols;
    const vector = (length: number) => new Float64Array(length);
    this.#step = {
      loss: vector(1),
      reconstruction: vector(1),
      kl: vector(1),
      squaredNorm: vector(1),
      meanOfMean: vector(this.#latent),
      meanOfSquare: vector(this.#latent),
    };
    this.#counters = newCounters();
    this.#sums = new EpochSums(this.#latent);
    this.#good = this.#snapshot();
    this.#lastWrite = this.#lastYield = run.clock();
    this.#epochStart = { time: run.clock(), batch: 0 };
  }

  /** Takes up the stored run, if there is one. */
  async start(): Promise<void> {
    const { checkpoint, measure } = this.#run;
    const bytes = await checkpoint?.store.read();
    if (!checkpoint || !bytes) {
      const untrained = measure();
      this.#counters.untrained = Number.isFinite(untrained) ? untrained : null;
      return;
    }
    const stored = readCheckpoint(checkpoint.identity, bytes);
    this.#counters = { ...stored.counters };
    this.#sums = new EpochSums(this.#latent, stored.counters.sums);
    this.#restore(stored.current);
    this.#good = stored.good;
    this.#best = stored.best;
    // No step has been taken since a proposal that still stands.
    if (stored.counters.proposed) this.#proposal = stored.current;
    this.#epochStart.batch = stored.counters.batch;
  }

  async run(): Promise<void> {
    const counters = this.#counters;
    const { epochs } = this.#run.recipe;
    while (counters.epoch < epochs && !counters.stoppedEarly) {
      await this.#epoch();
      this.#finishEpoch();
      await this.#pause();
    }
    if (counters.finished) return;
    if (this.#best) this.#restore(this.#best);
    else this.#keepGood();
    counters.finished = true;
    await this.#write();
  }

  /** If the last steps went wrong, the last good epoch's parameters are the result. */
  #keepGood(): void {
    const counters = this.#counters;
    if (!isDiverged(this.#run.measure(), counters.untrained)) {
      counters.goodEpoch = counters.epoch;
      return;
    }
    this.#restore(this.#good);
    if (counters.goodEpoch === 0) throw diverged("no epoch ended better than it began");
  }

  report(): FitReport {
    const { history, bestEpoch, goodEpoch, stoppedEarly, skippedSteps, rollbacks } = this.#counters;
    const epoch = this.#best ? bestEpoch : goodEpoch;
    return { history, epoch, stoppedEarly, skippedSteps, rollbacks };
  }

  async #epoch(): Promise<void> {
    const counters = this.#counters;
    this.#order = this.#run.order.ofEpoch(counters.epoch);
    while (counters.batch < this.#batches) {
      this.#stepOnce();
      await this.#pause();
    }
  }

  #stepOnce(): void {
    const { program, recipe, data } = this.#run;
    const counters = this.#counters;
    const first = counters.batch * recipe.batchSize;
    const rows = Math.min(recipe.batchSize, this.#order.length - first);
    gatherRows(data, this.#order, first, rows, this.#batch);
    const [seedLow, seedHigh] = splitSeed(recipe.seed);
    program.write("x", this.#batch.subarray(0, rows * data.shape[1]));
    program.write("key", [seedLow, seedHigh, counters.step, 0]);
    if (this.#reference) {
      gatherRows(
        data,
        this.#order,
        first + rows,
        this.#reference.length / data.shape[1],
        this.#reference,
      );
      program.write("reference", this.#reference);
    }
    writeScalars(program, recipe.objective, counters.step, this.#batches);
    const powers = nextPowers(recipe.optimizer, [counters.beta1Power, counters.beta2Power]);
    const { optimizer, epochs } = recipe;
    const learningRate = learningRateAt(optimizer, counters.step, this.#batches, epochs);
    program.write("schedule", scheduleOf(learningRate * counters.rate, powers));
    program.run(rows);
    for (const [name, into] of Object.entries(this.#step)) program.read(name, into);
    counters.step++;
    counters.batch++;
    const loss = this.#step.loss[0];
    const finite = Number.isFinite(this.#step.squaredNorm[0]) && Number.isFinite(loss);
    if (counters.proposed) this.#judgeProposal(finite && !isDiverged(loss, counters.untrained));
    if (finite) {
      this.#sums.add(rows, this.#step);
      counters.consecutiveSkips = 0;
      [counters.beta1Power, counters.beta2Power] = powers;
    } else this.#skip();
  }

  #skip(): void {
    const counters = this.#counters;
    counters.skippedSteps++;
    if (++counters.consecutiveSkips === SKIPS_BEFORE_ROLLBACK) this.#fallBack();
  }

  #fallBack(): void {
    const counters = this.#counters;
    this.#restore(this.#good);
    if (counters.rollbacks === MAX_ROLLBACKS) {
      throw diverged(`steps still diverge after ${MAX_ROLLBACKS} reductions of the learning rate`);
    }
    counters.rollbacks++;
    counters.consecutiveSkips = 0;
    counters.rate /= 10;
  }

  #finishEpoch(): void {
    const { recipe, settle, validate } = this.#run;
    const counters = this.#counters;
    settle?.();
    counters.epoch++;
    counters.batch = 0;
    const means = this.#sums.means(counters.epoch, counters.skippedSteps);
    const report: EpochMeans = validate ? { ...means, validationElbo: validate() } : means;
    counters.history = [...counters.history, report];
    if (isDiverged(means.loss, counters.untrained)) this.#fallBack();
    else if (means.loss <= (counters.untrained ?? Infinity)) this.#propose();
    if (validate) this.#compare(report.validationElbo!);
    if (counters.epoch - counters.bestEpoch >= recipe.patience) counters.stoppedEarly = true;
    this.#tell(report);
    this.#sums = new EpochSums(this.#latent);
  }

  /**
   * This epoch's parameters are ones to fall back to, if the next step finds their loss in order: the
   * epoch's own loss was taken before its last steps.
   */
  #propose(): void {
    this.#counters.proposed = true;
    this.#proposal = this.#snapshot();
  }

  #judgeProposal(accepted: boolean): void {
    const counters = this.#counters;
    if (accepted && this.#proposal) {
      this.#good = this.#proposal;
      counters.goodEpoch = counters.epoch;
    }
    counters.proposed = false;
    this.#proposal = undefined;
  }

  /** Keeps the best epoch, when there is something to stop for. */
  #compare(elbo: number): void {
    const counters = this.#counters;
    if (this.#run.recipe.patience === Infinity || !Number.isFinite(elbo)) return;
    if (counters.bestElbo !== null && !(elbo > counters.bestElbo)) return;
    counters.bestElbo = elbo;
    counters.bestEpoch = counters.epoch;
    this.#best = this.#snapshot();
  }

  #tell(means: EpochMeans): void {
    const { onProgress, clock, recipe: { epochs }, order } = this.#run;
    const seconds = Math.max((clock() - this.#epochStart.time) / 1000, 1e-6);
    // After a resume at the end of an epoch there is nothing to time it by.
    const share = Math.max(1, this.#batches - this.#epochStart.batch) / this.#batches;
    const rowsPerSecond = share * order.length / seconds;
    const secondsLeft = (epochs - means.epoch) * seconds / share;
    onProgress?.({ ...means, epochs, rowsPerSecond, secondsLeft });
    this.#epochStart = { time: clock(), batch: 0 };
  }

  /** Between steps: lets events in, honours cancellation, writes when it is time. */
  async #pause(): Promise<void> {
    const { clock, signal, checkpoint } = this.#run;
    const now = clock();
    if (now - this.#lastYield >= YIELD_EVERY) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#lastYield = clock();
    }
    const due = now - this.#lastWrite >= 1000 * (checkpoint?.store.everySeconds ?? 1);
    if (checkpoint && (due || signal?.aborted)) await this.#write();
    signal?.throwIfAborted();
  }

  async #write(): Promise<void> {
    const { checkpoint, clock } = this.#run;
    if (!checkpoint) return;
    const counters = { ...this.#counters, sums: [...this.#sums.values] };
    const state: Checkpoint = {
      counters,
      current: this.#snapshot(),
      good: this.#good,
      best: this.#best,
    };
    await checkpoint.store.write(writeCheckpoint(checkpoint.identity, state));
    this.#lastWrite = clock();
  }

  #snapshot(): Snapshot {
    const { backend, parameters, state } = this.#run;
    const { beta1Power, beta2Power } = this.#counters;
    const read = (segment: Segment) => {
      const Values = backend.details.precision === "float64" ? Float64Array : Float32Array;
      const values = new Values(segment.length);
      segment.read(0, values);
      return values;
    };
    return { parameters: read(parameters), state: read(state), beta1Power, beta2Power };
  }

  #restore(snapshot: Snapshot): void {
    this.#run.parameters.write(0, snapshot.parameters);
    this.#run.state.write(0, snapshot.state);
    this.#counters.beta1Power = snapshot.beta1Power;
    this.#counters.beta2Power = snapshot.beta2Power;
  }
}

function diverged(reason: string): DivergenceError {
  return new DivergenceError(`Cannot train: ${reason}: check the scale of the data`);
}

function newCounters(): RunCounters {
  return {
    epoch: 0,
    step: 0,
    batch: 0,
    sums: [],
    beta1Power: 1,
    beta2Power: 1,
    rate: 1,
    skippedSteps: 0,
    consecutiveSkips: 0,
    rollbacks: 0,
    untrained: null,
    goodEpoch: 0,
    proposed: false,
    bestEpoch: 0,
    bestElbo: null,
    finished: false,
    stoppedEarly: false,
    history: [],
  };
}
