/**
 * A run that a GPU takes steps of, for as long as it can: the host hands over its parameters, has some steps compared with
 * its own (`gpu_steps.ts`), takes them back where it needs them, and goes on alone where the GPU fails or is slower.
 */
import type { StepInputs } from "../backends/backend.ts";
import type { Checkpoint, RunCounters } from "./checkpoint.ts";
import { DistrustError, type Expected, GpuError, type GpuSteps } from "./gpu_steps.ts";
import type { HostMemory } from "./host_memory.ts";
import type { HostSteps, NextStep } from "./host_steps.ts";
import type { MomentPowers } from "./schedule.ts";

/** What of a run on the host the hand-over works on. */
export interface HostRun {
  readonly host: HostSteps;
  readonly memory: HostMemory;
  readonly counters: RunCounters;
  /** Steps of an epoch. */
  readonly batches: number;
  /** A steady clock, milliseconds. */
  readonly clock: () => number;
  /** All that the run goes on from; only where the host holds the parameters. */
  state(): Checkpoint;
  resume(checkpoint: Checkpoint): void;
  /** Counts a step whose outputs are in `host.means`. */
  count(rows: number, powers: MomentPowers): void;
}

export class GpuRun {
  readonly #run: HostRun;
  #gpu?: GpuSteps;
  /** The run when the host last held the parameters. */
  #mark?: Checkpoint;
  /** The run when the GPU was last found to compute rightly. */
  #trusted?: Checkpoint;

  constructor(run: HostRun, gpu?: GpuSteps) {
    this.#run = run;
    this.#gpu = gpu;
  }

  /** Whether there is a GPU, and it still takes the steps. */
  get isOn(): boolean {
    return this.#gpu !== undefined;
  }

  /** Gives the GPU what the host holds; from here the run can be taken up again on the host. */
  async enter(): Promise<void> {
    const gpu = this.#gpu;
    if (!gpu) return;
    const { current } = this.#mark = this.#run.state();
    await this.#onGpu(async () => gpu.enter(this.#run.host.order, current));
  }

  /** Takes as many steps as one call of the GPU may have. */
  async step(): Promise<void> {
    const { counters, host } = this.#run, gpu = this.#gpu!, { rollbacks } = counters;
    const steps = this.#next(gpu.most);
    await this.#onGpu(async () => {
      const all = steps.map(({ inputs }) => inputs);
      const canary = this.#canary(all.slice(0, gpu.canarySteps));
      const results = await gpu.take(all, canary);
      if (canary.length > 0) this.#trusted = this.#mark;
      results.forEach((outputs, i) => {
        for (const [name, into] of Object.entries(host.means)) into.set(outputs.get(name)!);
        this.#run.count(steps[i].inputs.rows, steps[i].powers);
      });
    });
    if (counters.rollbacks > rollbacks) await this.enter();
    if (!this.#gpu?.isSlower || !await this.mirror()) return;
    this.#gpu.dispose();
    this.#gpu = undefined;
  }

  /** Brings the parameters to the host, unless it holds them; false if the run must go on from where it last did. */
  async mirror(): Promise<boolean> {
    const gpu = this.#gpu;
    if (!gpu?.isAhead) return true;
    return await this.#onGpu(async () => {
      this.#run.memory.write(await gpu.leave());
      this.#mark = this.#run.state();
    });
  }

  /** The next steps of the epoch. */
  #next(most: number): NextStep[] {
    const { counters, host, batches } = this.#run, steps: NextStep[] = [];
    const count = Math.min(most, batches - counters.batch);
    for (let i = 0; i < count; i++) {
      const { beta1Power, beta2Power } = counters;
      const before = steps.at(-1)?.powers ?? [beta1Power, beta2Power] as const;
      steps.push(host.next(counters, i, before));
    }
    return steps;
  }

  /** What the host gives for the steps; its parameters are then what they were. */
  #canary(steps: readonly StepInputs[]): Expected[] {
    if (steps.length === 0) return [];
    const { memory, clock, host } = this.#run, before = memory.snapshot(), start = clock();
    const given = steps.map((inputs) => {
      host.run(inputs);
      return structuredClone(host.means);
    });
    this.#gpu?.hostTook((clock() - start) / steps.length);
    memory.write(before);
    return given;
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
      this.#run.resume(error instanceof DistrustError && this.#trusted || this.#mark!);
      return false;
    }
  }
}
