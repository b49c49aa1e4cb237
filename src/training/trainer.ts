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
import type { Matrix } from "../scoring/matrix.ts";
import {
  type Checkpoint,
  type CheckpointStore,
  newCounters,
  readCheckpoint,
  type RunCounters,
  type RunIdentity,
  type Snapshot,
  writeCheckpoint,
} from "./checkpoint.ts";
import { diverged, isDiverged } from "./divergence.ts";
import { EpochSums } from "./epoch_sums.ts";
import { GpuFeed } from "./gpu_feed.ts";
import { DistrustError, GpuError, type GpuSteps } from "./gpu_steps.ts";
import { HostSteps } from "./host_steps.ts";
import type { Recipe } from "./options.ts";
import type { EpochMeans, EpochReport, FitReport } from "./report.ts";
import type { RowOrder } from "./row_order.ts";
import type { MomentPowers } from "./schedule.ts";

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
  /** What takes the steps, for as long as it can; the host does otherwise. */
  readonly gpu?: GpuSteps;
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
  readonly #host: HostSteps;
  readonly #counters: RunCounters;
  #sums: EpochSums;
  #good: Snapshot;
  #best?: Snapshot;
  /** The present parameters, where the last epoch was proposed. */
  #proposal?: Snapshot;
  #lastWrite: number;
  #lastYield: number;
  #epochStart: { time: number; batch: number };
  #gpu?: GpuSteps;
  #feed?: GpuFeed;
  /** The run when the host last held the parameters. */
  #mark?: Checkpoint;
  /** The run when the GPU was last found to compute rightly. */
  #trusted?: Checkpoint;

  constructor(run: Run) {
    this.#run = run;
    this.#gpu = run.gpu;
    this.#batches = Math.ceil(run.order.length / run.recipe.batchSize);
    this.#host = new HostSteps(run.program, run.recipe, run.data, this.#batches);
    this.#feed = run.gpu && new GpuFeed(run.gpu, this.#host, run);
    this.#latent = this.#host.means.meanOfMean.length;
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
    this.#resume(readCheckpoint(checkpoint.identity, bytes));
    this.#epochStart.batch = this.#counters.batch;
  }

  #resume({ counters, current, good, best }: Checkpoint): void {
    Object.assign(this.#counters, counters);
    this.#sums = new EpochSums(this.#latent, counters.sums);
    this.#host.order = this.#run.order.ofEpoch(counters.epoch);
    this.#restore(current);
    this.#good = good;
    this.#best = best;
    // No step has been taken since a proposal that still stands.
    this.#proposal = counters.proposed ? current : undefined;
  }

  /** All that the run goes on from; only where the host holds the parameters. */
  #state(): Checkpoint {
    const counters = { ...this.#counters, sums: [...this.#sums.values] };
    return { counters, current: this.#snapshot(), good: this.#good, best: this.#best };
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
    const gpu = this.#run.gpu?.report;
    return { history, epoch, stoppedEarly, skippedSteps, rollbacks, ...(gpu && { gpu }) };
  }

  async #epoch(): Promise<void> {
    const counters = this.#counters;
    this.#host.order = this.#run.order.ofEpoch(counters.epoch);
    await this.#enterGpu();
    do {
      while (counters.batch < this.#batches) {
        if (this.#gpu && this.#feed) await this.#stepMany(this.#gpu, this.#feed);
        else this.#stepOnce();
        if (this.#isPauseDue) await this.#pause();
      }
    } while (!await this.#mirror());
  }

  #stepOnce(): void {
    const { beta1Power, beta2Power } = this.#counters;
    const { inputs, powers } = this.#host.next(this.#counters, 0, [beta1Power, beta2Power]);
    this.#host.run(inputs);
    this.#count(inputs.rows, powers);
  }

  /** Counts a step whose outputs are in `#host.means`, and judges it. */
  #count(rows: number, powers: MomentPowers): void {
    const counters = this.#counters;
    counters.step++;
    counters.batch++;
    const loss = this.#host.means.loss[0];
    const finite = Number.isFinite(this.#host.means.squaredNorm[0]) && Number.isFinite(loss);
    if (counters.proposed) this.#judgeProposal(finite && !isDiverged(loss, counters.untrained));
    if (finite) {
      this.#sums.add(rows, this.#host.means);
      counters.consecutiveSkips = 0;
      [counters.beta1Power, counters.beta2Power] = powers;
    } else this.#skip();
  }

  /** Keeps the GPU at work, and counts the steps that it has taken. */
  async #stepMany(gpu: GpuSteps, feed: GpuFeed): Promise<void> {
    await this.#onGpu(async () => feed.fill(this.#counters, this.#batches));
    if (this.#gpu) await this.#receive(gpu, feed);
    if (!this.#gpu?.isSlower || !await this.#mirror()) return;
    this.#gpu?.dispose();
    this.#gpu = undefined;
  }

  /** Counts the oldest steps that were sent; false if the run must go on from where the host last held all. */
  async #receive(gpu: GpuSteps, feed: GpuFeed): Promise<boolean> {
    const counters = this.#counters, { rollbacks } = counters;
    const isSound = await this.#onGpu(async () => {
      const { isCompared } = gpu, taken = await feed.receive();
      if (isCompared) this.#trusted = this.#mark;
      for (const { outputs, step: { inputs, powers } } of taken) {
        for (const [name, into] of Object.entries(this.#host.means)) into.set(outputs.get(name)!);
        this.#count(inputs.rows, powers);
      }
    });
    if (counters.rollbacks > rollbacks) await this.#enterGpu();
    return isSound;
  }

  /** Gives the GPU what the host holds; from here the run can be taken up again on the host. */
  async #enterGpu(): Promise<void> {
    const gpu = this.#gpu;
    if (!gpu) return;
    this.#feed?.clear();
    const { current } = this.#mark = this.#state();
    await this.#onGpu(async () => gpu.enter(this.#host.order, current));
  }

  /** Brings the parameters to the host, unless it holds them; false if the run must go on from where it last did. */
  async #mirror(): Promise<boolean> {
    const gpu = this.#gpu;
    while (gpu && gpu.inFlight > 0) if (!await this.#receive(gpu, this.#feed!)) return false;
    if (!gpu?.isAhead) return true;
    return await this.#onGpu(async () => {
      const { parameters, state } = await gpu.leave();
      this.#run.parameters.write(0, parameters);
      this.#run.state.write(0, state);
      this.#mark = this.#state();
    });
  }

  /**
   * Does something that the GPU may fail at: the host then goes on from where it last held all, or, where
   * the GPU computed wrongly, from where it last did not.
   */
  async #onGpu(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof GpuError)) throw error;
      this.#gpu?.abandon(error);
      this.#gpu = undefined;
      this.#resume(error instanceof DistrustError && this.#trusted || this.#mark!);
      return false;
    }
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

  /** A step may be a matter of microseconds, and a promise is one. */
  get #isPauseDue(): boolean {
    const { clock, signal, checkpoint } = this.#run;
    return !!(checkpoint ?? signal?.aborted) || clock() - this.#lastYield >= YIELD_EVERY;
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
    const writes = checkpoint && (due || signal?.aborted);
    if (writes || signal?.aborted) await this.#mirror();
    if (writes) await this.#write();
    signal?.throwIfAborted();
  }

  async #write(): Promise<void> {
    const { checkpoint, clock } = this.#run;
    if (!checkpoint) return;
    await checkpoint.store.write(writeCheckpoint(checkpoint.identity, this.#state()));
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
