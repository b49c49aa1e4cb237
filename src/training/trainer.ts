/**
 * The training loop. A `Stepper` takes the steps of each epoch; the loop handles progress, early stopping, checkpoints
 * and cancellation between steps. `run/rollback.ts` decides which parameters a run rolls back to.
 *
 * Which stepper is used is one state, and it changes at most once:
 *
 *     GPU ── the host is faster ─────────────▶ host, from the step that the GPU has reached
 *      └──── the GPU fails, or is wrong ─────▶ host, from the last reliable checkpoint
 *
 * A GPU failure is thrown as a GpuError; only `run` catches it.
 */
import { type Backend, GpuError, type Segment, type SyncProgram } from "../backends/backend.ts";
import type { Matrix } from "../trained/rows/matrix.ts";
import { Turns, YIELD_MS } from "../trained/turns.ts";
import type { TrainingGpu } from "./gpu/choice.ts";
import { GpuStepper } from "./gpu/gpu_stepper.ts";
import type { Recipe } from "./options.ts";
import type { EpochReport, FitReport } from "./report.ts";
import {
  type CheckpointStore,
  readCheckpoint,
  type RunIdentity,
  writeCheckpoint,
} from "./run/checkpoint.ts";
import { EpochClock } from "./run/epoch_clock.ts";
import { HostStepper } from "./run/host_stepper.ts";
import type { RowOrder } from "./run/row_order.ts";
import { RunState } from "./run/run_state.ts";
import { StepSequence } from "./run/step_sequence.ts";
import type { Stepper } from "./run/stepper.ts";

/** The resources of a run. */
export interface Run {
  readonly backend: Backend<SyncProgram>;
  readonly program: SyncProgram;
  readonly parameters: Segment;
  readonly state: Segment;
  readonly recipe: Recipe;
  readonly data: Matrix;
  /** The rows of every epoch. */
  readonly order: RowOrder;
  /** Called after each epoch: sets the parameters that have a closed form given the others. */
  readonly setClosedForms?: () => void;
  /** Mean objective of the training rows, or of some if there are many, under the current parameters. */
  readonly measure: () => number;
  /** Mean ELBO of the validation rows under the current parameters; absent without validation. */
  readonly validate?: () => number;
  readonly onProgress?: (report: EpochReport) => void;
  readonly signal?: AbortSignal;
  /** Takes the steps while it is usable. */
  readonly gpu?: TrainingGpu;
  readonly checkpoint?: { readonly store: CheckpointStore; readonly identity: RunIdentity };
  /** A monotonic clock in milliseconds, for progress and the timing of writes, never for results. */
  readonly clock: () => number;
}

/** @throws DivergenceError if steps stay non-finite; the signal's reason if it is aborted */
export async function train(run: Run): Promise<FitReport> {
  run.signal?.throwIfAborted();
  const trainer = new Trainer(run);
  try {
    await trainer.start();
    await trainer.run();
    return trainer.report();
  } finally {
    trainer.end();
  }
}

class Trainer {
  readonly #run: Run;
  readonly #state: RunState;
  readonly #sequence: StepSequence;
  readonly #host: HostStepper;
  /** Takes the steps; undefined once the host does. */
  #gpu?: GpuStepper;
  readonly #epochClock: EpochClock;
  readonly #turns: Turns;
  #lastWrite: number;
  #lastYield: number;

  constructor(run: Run) {
    const { backend, program, parameters, state: moments, data, recipe, order, clock, gpu } = run;
    const latent = program.plan.outputs.get("meanOfMean")!.shape.cols;
    const state = new RunState(backend, [parameters, moments], latent);
    const sequence = new StepSequence(program.plan, recipe, order), { stepsPerEpoch } = sequence;
    const host = new HostStepper(program, data, state, sequence);
    this.#run = run;
    this.#state = state;
    this.#sequence = sequence;
    this.#host = host;
    if (gpu) this.#gpu = new GpuStepper(gpu, { plan: program.plan, state, sequence, host, clock });
    const timed = { clock, epochs: recipe.epochs, stepsPerEpoch, rowsPerEpoch: order.length };
    this.#epochClock = new EpochClock(timed);
    this.#lastWrite = this.#lastYield = clock();
    this.#turns = new Turns();
  }

  get #stepper(): Stepper {
    return this.#gpu ?? this.#host;
  }

  /** Resumes the stored run, if there is one. */
  async start(): Promise<void> {
    const { checkpoint, measure } = this.#run, { counters } = this.#state;
    const bytes = await checkpoint?.store.read();
    if (!checkpoint || !bytes) {
      const untrained = measure();
      counters.untrained = Number.isFinite(untrained) ? untrained : null;
      return;
    }
    this.#state.resume(readCheckpoint(checkpoint.identity, bytes));
    this.#epochClock.resumeAfter(counters.batch);
  }

  async run(): Promise<void> {
    const { counters } = this.#state, { recipe: { epochs }, measure } = this.#run;
    while (counters.epoch < epochs && !counters.stoppedEarly) {
      try {
        await this.#runEpoch();
      } catch (error) {
        this.#continueOnHost(error);
        continue;
      }
      this.#finishEpoch();
      await this.#pause();
    }
    if (counters.finished) return;
    this.#state.finish(measure);
    await this.#write();
  }

  report(): FitReport {
    const { history, stoppedEarly, skippedSteps, rollbacks } = this.#state.counters;
    const { resultEpoch: epoch } = this.#state, gpu = this.#run.gpu?.report;
    return { history, epoch, stoppedEarly, skippedSteps, rollbacks, ...(gpu && { gpu }) };
  }

  end(): void {
    this.#turns.end();
  }

  /** Takes the remaining steps of the epoch. */
  async #runEpoch(): Promise<void> {
    const { counters } = this.#state, { stepsPerEpoch } = this.#sequence;
    this.#sequence.beginEpoch(counters.epoch);
    await this.#stepper.begin();
    while (counters.batch < stepsPerEpoch) {
      const pending = this.#stepper.take();
      if (pending) await pending;
      if (this.#gpu?.isSlower) await this.#leaveGpu();
      if (this.#isPauseDue) await this.#pause();
    }
    await this.#stepper.sync();
  }

  /** Continues on the host from the step that the GPU has reached. */
  async #leaveGpu(): Promise<void> {
    await this.#gpu!.leave();
    this.#gpu = undefined;
  }

  /** After a GPU failure, continues on the host from the last reliable checkpoint. */
  #continueOnHost(error: unknown): void {
    if (!(error instanceof GpuError && this.#gpu)) throw error;
    this.#state.resume(this.#gpu.abandon(error));
    this.#gpu = undefined;
  }

  #finishEpoch(): void {
    const { recipe: { patience }, setClosedForms, validate, onProgress } = this.#run;
    setClosedForms?.();
    const means = this.#state.finishEpoch(validate?.(), patience);
    onProgress?.(this.#epochClock.reportOf(means));
    this.#epochClock.beginEpoch();
  }

  /** Avoids needless waits: a step may take microseconds, and a promise costs as much. */
  get #isPauseDue(): boolean {
    const { clock, signal, checkpoint } = this.#run;
    return !!(checkpoint ?? signal?.aborted) || clock() - this.#lastYield >= YIELD_MS;
  }

  /** Between steps: yields to the event loop, handles cancellation, and writes a checkpoint when one is due. */
  async #pause(): Promise<void> {
    const { clock, signal, checkpoint } = this.#run;
    const now = clock();
    if (now - this.#lastYield >= YIELD_MS) {
      await this.#turns.take();
      this.#lastYield = clock();
    }
    const isWriteDue = now - this.#lastWrite >= 1000 * (checkpoint?.store.everySeconds ?? 1);
    const mustWrite = checkpoint && (isWriteDue || signal?.aborted);
    if (mustWrite || signal?.aborted) await this.#stepper.sync();
    if (mustWrite) await this.#write();
    signal?.throwIfAborted();
  }

  async #write(): Promise<void> {
    const { checkpoint, clock } = this.#run;
    if (!checkpoint) return;
    await checkpoint.store.write(writeCheckpoint(checkpoint.identity, this.#state.checkpoint()));
    this.#lastWrite = clock();
  }
}
