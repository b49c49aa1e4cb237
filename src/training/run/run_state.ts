/**
 * The state from which a run continues, which is what a checkpoint holds: the counters, the sums of the epoch, the
 * parameters and optimiser state in the host's memory, and the parameters to fall back to. It changes in only three
 * ways: a step is counted, an epoch ends, a checkpoint is resumed.
 */
import type { Backend, Segment, SyncProgram } from "../../backends/backend.ts";
import type { EpochMeans } from "../report.ts";
import { type Checkpoint, newCounters, type RunCounters } from "./checkpoint.ts";
import { EpochSums } from "./epoch_sums.ts";
import { Rollback } from "./rollback.ts";
import { RunMemory } from "./run_memory.ts";
import type { NextStep } from "./step_sequence.ts";
import { isFiniteStep, type StepOutputs } from "./stepper.ts";

export class RunState {
  readonly counters: RunCounters = newCounters();
  readonly memory: RunMemory;
  /** L, the size of the latent space. */
  readonly latent: number;
  readonly #rollback: Rollback;
  #sums: EpochSums;

  constructor(
    backend: Backend<SyncProgram>,
    segments: readonly [parameters: Segment, state: Segment],
    latent: number,
  ) {
    this.memory = new RunMemory(backend, segments, this.counters);
    this.#rollback = new Rollback(this.memory, this.counters);
    this.latent = latent;
    this.#sums = new EpochSums(latent);
  }

  /** A copy. It is consistent only while the host's memory holds the parameters after the last counted step. */
  checkpoint(): Checkpoint {
    const counters = { ...this.counters, sums: [...this.#sums.values] };
    return { counters, current: this.memory.snapshot(), ...this.#rollback.snapshots };
  }

  resume(checkpoint: Checkpoint): void {
    const { counters, current } = checkpoint;
    Object.assign(this.counters, counters);
    this.#sums = new EpochSums(this.latent, counters.sums);
    this.memory.restore(current);
    this.#rollback.resume(checkpoint);
  }

  /** Counts a step, and falls back if too many failed. */
  count({ inputs, powers }: NextStep, outputs: StepOutputs): void {
    const counters = this.counters, isFinite = isFiniteStep(outputs);
    counters.step++;
    counters.batch++;
    if (isFinite) {
      this.#sums.add(inputs.rows, outputs);
      [counters.beta1Power, counters.beta2Power] = powers;
    }
    this.#rollback.judgeStep(outputs.loss[0], isFinite);
  }

  /**
   * Ends the epoch, and falls back if it diverged.
   * @param validationElbo under the current parameters, if there are validation rows
   * @param patience epochs without improvement after which the run stops; Infinity if it never does
   */
  finishEpoch(validationElbo: number | undefined, patience: number): EpochMeans {
    const counters = this.counters;
    counters.epoch++;
    counters.batch = 0;
    const means: EpochMeans = {
      ...this.#sums.means(counters.epoch, counters.skippedSteps),
      ...(validationElbo !== undefined && { validationElbo }),
    };
    counters.history = [...counters.history, means];
    this.#rollback.judgeEpoch(means.loss);
    if (validationElbo !== undefined && patience < Infinity) {
      this.#rollback.keepBest(validationElbo);
    }
    if (counters.epoch - counters.bestEpoch >= patience) counters.stoppedEarly = true;
    this.#sums = new EpochSums(this.latent);
    return means;
  }

  /**
   * Ends the run, and leaves its resulting parameters in memory.
   * @param measure the loss under the current parameters
   * @throws DivergenceError if no epoch was good
   */
  finish(measure: () => number): void {
    this.#rollback.end(measure);
    this.counters.finished = true;
  }

  /** The epoch whose parameters are the result of the run. */
  get resultEpoch(): number {
    return this.#rollback.epoch;
  }
}
