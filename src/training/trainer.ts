/**
 * The training loop: minibatches in a seeded order, one program run per step, and the decisions
 * between steps: schedules, skipped steps, rollback, early stopping, checkpoints, cancellation.
 *
 * A step whose gradient is not finite changes nothing (`ops/optimizer.ts`) and is counted. After
 * three in a row, or an epoch that ends far below the untrained model, the run falls back to the
 * last epoch that was no worse than the untrained model, with a tenth of the learning rate; after
 * six such falls it gives up.
 */
import type { Backend, Segment, SyncProgram } from "../backends/backend.ts";
import { permutation, splitSeed } from "../core/philox.ts";
import { STREAMS } from "../core/streams.ts";
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
import { EpochSums, type StepMeans } from "./epoch_sums.ts";
import { gatherRows } from "./minibatch.ts";
import type { Recipe } from "./options.ts";
import type { EpochMeans, EpochReport, FitReport } from "./report.ts";
import { klWeightAt, learningRateAt } from "./schedule.ts";

/** What a run works on. */
export interface Run {
  readonly backend: Backend<SyncProgram>;
  readonly program: SyncProgram;
  readonly parameters: Segment;
  readonly state: Segment;
  readonly recipe: Recipe;
  readonly data: Matrix;
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

/** Thrown when no learning rate helps: the scale of the data is the usual reason. */
export class DivergenceError extends RangeError {
  /** For messages. */
  override name = "DivergenceError";
}

/** @throws DivergenceError if steps stay non-finite; the signal's reason if it is aborted */
export async function train(run: Run): Promise<FitReport> {
  const trainer = new Trainer(run);
  await trainer.resume();
  await trainer.run();
  return trainer.report();
}

class Trainer {
  readonly #run: Run;
  readonly #latent: number;
  readonly #batches: number;
  readonly #step: StepMeans & { readonly squaredNorm: Float64Array };
  readonly #batch: Float32Array;
  #counters: RunCounters;
  #sums: EpochSums;
  #good: Snapshot;
  #best?: Snapshot;
  #order = new Uint32Array();
  #lastWrite: number;
  #lastYield: number;
  #epochStart: { time: number; batch: number };

  constructor(run: Run) {
    this.#run = run;
    const [rows, columns] = run.data.shape;
    const { batchSize } = run.recipe;
    this.#batches = Math.ceil(rows / batchSize);
    this.#batch = new Float32Array(Math.min(batchSize, rows) * columns);
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
  async resume(): Promise<void> {
    const { checkpoint } = this.#run;
    const bytes = await checkpoint?.store.read();
    if (!checkpoint || !bytes) return;
    const stored = readCheckpoint(checkpoint.identity, bytes);
    this.#counters = { ...stored.counters };
    this.#sums = new EpochSums(this.#latent, stored.counters.sums);
    this.#restore(stored.current);
    this.#good = stored.good;
    this.#best = stored.best;
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
    counters.finished = true;
    if (this.#best) this.#restore(this.#best);
    await this.#write();
  }

  report(): FitReport {
    const { history, bestEpoch, epoch, stoppedEarly, skippedSteps, rollbacks } = this.#counters;
    const kept = this.#best ? bestEpoch : epoch;
    return { history, epoch: kept, stoppedEarly, skippedSteps, rollbacks };
  }

  async #epoch(): Promise<void> {
    const { data, recipe } = this.#run;
    const counters = this.#counters;
    this.#order = permutation(data.shape[0], recipe.seed, counters.epoch, STREAMS.shuffle);
    while (counters.batch < this.#batches) {
      this.#stepOnce();
      await this.#pause();
    }
  }

  #stepOnce(): void {
    const { program, recipe, data } = this.#run;
    const counters = this.#counters;
    const first = counters.batch * recipe.batchSize;
    const rows = Math.min(recipe.batchSize, data.shape[0] - first);
    gatherRows(data, this.#order, first, rows, this.#batch);
    const [seedLow, seedHigh] = splitSeed(recipe.seed);
    program.write("x", this.#batch.subarray(0, rows * data.shape[1]));
    program.write("key", [seedLow, seedHigh, counters.step, 0]);
    program.write("klWeight", [klWeightAt(recipe.objective, counters.step, this.#batches)]);
    program.write("schedule", this.#schedule());
    program.run(rows);
    for (const [name, into] of Object.entries(this.#step)) program.read(name, into);
    counters.step++;
    counters.batch++;
    if (Number.isFinite(this.#step.squaredNorm[0]) && Number.isFinite(this.#step.loss[0])) {
      counters.firstElbo ??= -(this.#step.reconstruction[0] + this.#step.kl[0]);
      this.#sums.add(rows, this.#step);
      counters.consecutiveSkips = 0;
    } else this.#skip();
  }

  /** The rate, and 1 - βᵗ of both moments, for the step about to be taken. */
  #schedule(): [number, number, number] {
    const { optimizer, epochs } = this.#run.recipe;
    const counters = this.#counters;
    const rate = learningRateAt(optimizer, counters.step, epochs * this.#batches) * counters.rate;
    if (optimizer.type === "sgd") return [rate, 1, 1];
    counters.beta1Power *= optimizer.beta1;
    counters.beta2Power *= optimizer.beta2;
    return [rate, 1 - counters.beta1Power, 1 - counters.beta2Power];
  }

  #skip(): void {
    const counters = this.#counters;
    counters.skippedSteps++;
    if (++counters.consecutiveSkips === SKIPS_BEFORE_ROLLBACK) this.#fallBack();
  }

  #fallBack(): void {
    const counters = this.#counters;
    if (counters.rollbacks === MAX_ROLLBACKS) {
      throw new DivergenceError(
        `Cannot train: steps still diverge after ${MAX_ROLLBACKS} reductions of the learning rate: check the scale of the data`,
      );
    }
    counters.rollbacks++;
    counters.consecutiveSkips = 0;
    counters.rate /= 10;
    this.#restore(this.#good);
  }

  #finishEpoch(): void {
    const { recipe, validate } = this.#run;
    const counters = this.#counters;
    counters.epoch++;
    counters.batch = 0;
    const means = this.#sums.means(counters.epoch, counters.skippedSteps);
    const report: EpochMeans = validate ? { ...means, validationElbo: validate() } : means;
    counters.history = [...counters.history, report];
    const first = counters.firstElbo ?? -Infinity;
    if (means.elbo >= first) this.#good = this.#snapshot();
    else if (-means.loss < first - 10 * (Math.abs(first) + 100)) this.#fallBack();
    if (validate) this.#compare(report.validationElbo!);
    if (counters.epoch - counters.bestEpoch >= recipe.patience) counters.stoppedEarly = true;
    this.#tell(report);
    this.#sums = new EpochSums(this.#latent);
  }

  /** Keeps the best epoch, when there is something to stop for. */
  #compare(elbo: number): void {
    const counters = this.#counters;
    if (this.#run.recipe.patience === Infinity) return;
    if (counters.bestElbo !== null && !(elbo > counters.bestElbo)) return;
    counters.bestElbo = elbo;
    counters.bestEpoch = counters.epoch;
    this.#best = this.#snapshot();
  }

  #tell(means: EpochMeans): void {
    const { onProgress, clock, recipe: { epochs }, data } = this.#run;
    const seconds = Math.max((clock() - this.#epochStart.time) / 1000, 1e-6);
    const share = 1 - this.#epochStart.batch / this.#batches;
    const rowsPerSecond = share * data.shape[0] / seconds;
    const secondsLeft = (epochs - means.epoch) * seconds / Math.max(share, 1e-6);
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
    firstElbo: null,
    bestEpoch: 0,
    bestElbo: null,
    finished: false,
    stoppedEarly: false,
    history: [],
  };
}
