/**
 * Decides which parameters a run rolls back to, and which it ends with (ADR 7).
 *
 * A step whose gradient is not finite changes nothing (`ops/optimizer.ts`) and is counted. After three in a row, or
 * after an epoch far worse than the untrained model, the run rolls back to the last epoch that was no worse than the
 * untrained model, with a tenth of the learning rate. After six rollbacks it gives up. In any case the model ends with
 * good parameters: those of the best epoch with early stopping, else those of the last good epoch.
 */
import type { Checkpoint, RunCounters, Snapshot } from "./checkpoint.ts";
import { diverged, isDiverged } from "./divergence.ts";
import type { RunMemory } from "./run_memory.ts";

const SKIPS_BEFORE_ROLLBACK = 3;
const MAX_ROLLBACKS = 6;

export class Rollback {
  readonly #memory: RunMemory;
  readonly #counters: RunCounters;
  #good: Snapshot;
  #best?: Snapshot;
  /** The current parameters, if the last epoch is proposed as good. */
  #proposal?: Snapshot;

  constructor(memory: RunMemory, counters: RunCounters) {
    this.#memory = memory;
    this.#counters = counters;
    this.#good = memory.snapshot();
  }

  /** The part of a checkpoint besides the counters. */
  get snapshots(): Pick<Checkpoint, "good" | "best"> {
    return { good: this.#good, best: this.#best };
  }

  /** The epoch whose parameters the run ends with. */
  get epoch(): number {
    return this.#best ? this.#counters.bestEpoch : this.#counters.goodEpoch;
  }

  resume({ counters, current, good, best }: Checkpoint): void {
    this.#good = good;
    this.#best = best;
    // No step has been taken since a pending proposal.
    this.#proposal = counters.proposed ? current : undefined;
  }

  /** Judges a step, finite or not. */
  judgeStep(loss: number, isFinite: boolean): void {
    const counters = this.#counters;
    if (counters.proposed) this.#decide(isFinite && !isDiverged(loss, counters.untrained));
    if (isFinite) {
      counters.consecutiveSkips = 0;
      return;
    }
    counters.skippedSteps++;
    if (++counters.consecutiveSkips === SKIPS_BEFORE_ROLLBACK) this.#rollBack();
  }

  /**
   * Judges an epoch by its mean loss. Its parameters become a fallback only if the loss of the next step is fine,
   * because the epoch's own loss was measured before its last steps.
   */
  judgeEpoch(loss: number): void {
    const counters = this.#counters;
    if (isDiverged(loss, counters.untrained)) this.#rollBack();
    else if (loss <= (counters.untrained ?? Infinity)) {
      counters.proposed = true;
      this.#proposal = this.#memory.snapshot();
    }
  }

  /** Keeps the epoch's parameters if its ELBO on validation rows is the best so far. */
  keepBest(elbo: number): void {
    const counters = this.#counters;
    if (!Number.isFinite(elbo)) return;
    if (counters.bestElbo !== null && !(elbo > counters.bestElbo)) return;
    counters.bestElbo = elbo;
    counters.bestEpoch = counters.epoch;
    this.#best = this.#memory.snapshot();
  }

  /**
   * Leaves the run's result in memory; if the last steps diverged, the last good epoch.
   * @param measure the loss under the current parameters
   * @throws DivergenceError if no epoch was good
   */
  end(measure: () => number): void {
    const counters = this.#counters;
    if (this.#best) this.#memory.restore(this.#best);
    else if (!isDiverged(measure(), counters.untrained)) counters.goodEpoch = counters.epoch;
    else {
      this.#memory.restore(this.#good);
      if (counters.goodEpoch === 0) throw diverged("no epoch lowered the loss");
    }
  }

  #decide(accepted: boolean): void {
    const counters = this.#counters;
    if (accepted && this.#proposal) {
      this.#good = this.#proposal;
      counters.goodEpoch = counters.epoch;
    }
    counters.proposed = false;
    this.#proposal = undefined;
  }

  #rollBack(): void {
    const counters = this.#counters;
    this.#memory.restore(this.#good);
    if (counters.rollbacks === MAX_ROLLBACKS) {
      throw diverged(`steps still diverge after ${MAX_ROLLBACKS} reductions of the learning rate`);
    }
    counters.rollbacks++;
    counters.consecutiveSkips = 0;
    counters.rate /= 10;
  }
}
