/**
 * The training loop: minibatches in a seeded order, one program run per step, and between steps progress, early stopping,
 * checkpoints and cancellation. What steps that go wrong lead to is for `fallback.ts`, a GPU for `gpu_run.ts`.
 */
import type { Backend, Segment, SyncProgram } from "../backends/backend.ts";
import type { Matrix } from "../trained/matrix.ts";
import {
  type Checkpoint,
  type CheckpointStore,
  newCounters,
  readCheckpoint,
  type RunIdentity,
  writeCheckpoint,
} from "./checkpoint.ts";
import { Fallback } from "./fallback.ts";
import { GpuRun } from "./gpu_run.ts";
import { EpochSums } from "./epoch_sums.ts";
import type { GpuSteps } from "./gpu_steps.ts";
import { RunMemory } from "./run_memory.ts";
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

/** Longest time without letting events in, milliseconds. */
export const YIELD_MS = 50;

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
  readonly #counters = newCounters();
  readonly #memory: RunMemory;
  readonly #fallback: Fallback;
  readonly #gpu: GpuRun;
  #sums: EpochSums;
  #lastWrite: number;
  #lastYield: number;
  #epochStart: { time: number; batch: number };

  constructor(run: Run) {
    const { backend, parameters, state, order, recipe, clock } = run, counters = this.#counters;
    this.#run = run;
    const batches = this.#batches = Math.ceil(order.length / recipe.batchSize);
    const host = this.#host = new HostSteps(run.program, recipe, run.data, batches);
    const memory = this.#memory = new RunMemory(backend, [parameters, state], counters);
    this.#fallback = new Fallback(memory, counters);
    this.#gpu = new GpuRun({
      ...{ host, memory, counters, batches, clock },
      state: () => this.#state(),
      resume: (checkpoint) => this.#resume(checkpoint),
      count: (rows, powers) => this.#count(rows, powers),
    }, run.gpu);
    this.#latent = host.means.meanOfMean.length;
    this.#sums = new EpochSums(this.#latent);
    this.#lastWrite = this.#lastYield = clock();
    this.#epochStart = { time: clock(), batch: 0 };
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

  #resume(checkpoint: Checkpoint): void {
    const { counters, current } = checkpoint;
    Object.assign(this.#counters, counters);
    this.#sums = new EpochSums(this.#latent, counters.sums);
    this.#host.order = this.#run.order.ofEpoch(counters.epoch);
    this.#memory.restore(current);
    this.#fallback.resume(checkpoint);
  }

  /** All that the run goes on from; only where the host holds the parameters. */
  #state(): Checkpoint {
    const counters = { ...this.#counters, sums: [...this.#sums.values] };
    return { counters, current: this.#memory.snapshot(), ...this.#fallback.snapshots };
  }

  async run(): Promise<void> {
    const counters = this.#counters, { recipe: { epochs }, measure } = this.#run;
    while (counters.epoch < epochs && !counters.stoppedEarly) {
      await this.#epoch();
      this.#finishEpoch();
      await this.#pause();
    }
    if (counters.finished) return;
    this.#fallback.end(measure);
    counters.finished = true;
    await this.#write();
  }

  report(): FitReport {
    const { history, stoppedEarly, skippedSteps, rollbacks } = this.#counters;
    const { epoch } = this.#fallback, gpu = this.#run.gpu?.report;
    return { history, epoch, stoppedEarly, skippedSteps, rollbacks, ...(gpu && { gpu }) };
  }

  async #epoch(): Promise<void> {
    const counters = this.#counters;
    this.#host.order = this.#run.order.ofEpoch(counters.epoch);
    await this.#gpu.enter();
    do {
      while (counters.batch < this.#batches) {
        if (this.#gpu.isOn) await this.#gpu.step();
        else this.#stepOnce();
        if (this.#isPauseDue) await this.#pause();
      }
    } while (!await this.#gpu.mirror());
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
    if (finite) {
      this.#sums.add(rows, this.#host.means);
      [counters.beta1Power, counters.beta2Power] = powers;
    }
    this.#fallback.judgeStep(loss, finite);
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
    this.#fallback.judgeEpoch(means.loss);
    if (validate && recipe.patience < Infinity) this.#fallback.keepBest(report.validationElbo!);
    if (counters.epoch - counters.bestEpoch >= recipe.patience) counters.stoppedEarly = true;
    this.#tell(report);
    this.#sums = new EpochSums(this.#latent);
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
    return !!(checkpoint ?? signal?.aborted) || clock() - this.#lastYield >= YIELD_MS;
  }

  /** Between steps: lets events in, honours cancellation, writes when it is time. */
  async #pause(): Promise<void> {
    const { clock, signal, checkpoint } = this.#run;
    const now = clock();
    if (now - this.#lastYield >= YIELD_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#lastYield = clock();
    }
    const due = now - this.#lastWrite >= 1000 * (checkpoint?.store.everySeconds ?? 1);
    const writes = checkpoint && (due || signal?.aborted);
    if (writes || signal?.aborted) await this.#gpu.mirror();
    if (writes) await this.#write();
    signal?.throwIfAborted();
  }

  async #write(): Promise<void> {
    const { checkpoint, clock } = this.#run;
    if (!checkpoint) return;
    await checkpoint.store.write(writeCheckpoint(checkpoint.identity, this.#state()));
    this.#lastWrite = clock();
  }
}
