/**
 * A run that a GPU takes steps of, for as long as it can: the host hands over its parameters, sends steps (`gpu_feed.ts`),
 * takes the parameters back where it needs them, and goes on alone where the GPU fails, is found wrong or is slower.
 */
import type { Checkpoint, RunCounters } from "./checkpoint.ts";
import { GpuFeed } from "./gpu_feed.ts";
import { DistrustError, GpuError, type GpuSteps } from "./gpu_steps.ts";
import type { RunMemory } from "./run_memory.ts";
import type { HostSteps } from "./host_steps.ts";
import type { MomentPowers } from "./schedule.ts";

/** What of a run on the host the hand-over works on. */
export interface HostRun {
  readonly host: HostSteps;
  readonly memory: RunMemory;
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
  readonly #feed?: GpuFeed;
  #gpu?: GpuSteps;
  /** The run when the host last held the parameters. */
  #mark?: Checkpoint;
  /** The run when the GPU was last found to compute rightly. */
  #trusted?: Checkpoint;

  constructor(run: HostRun, gpu?: GpuSteps) {
    this.#run = run;
    this.#gpu = gpu;
    this.#feed = gpu && new GpuFeed(gpu, run.host, run.memory, run.clock);
  }

  /** Whether there is a GPU, and it still takes the steps. */
  get isOn(): boolean {
    return this.#gpu !== undefined;
  }

  /** Gives the GPU what the host holds; from here the run can be taken up again on the host. */
  async enter(): Promise<void> {
    const gpu = this.#gpu;
    if (!gpu) return;
    this.#feed!.clear();
    const { current } = this.#mark = this.#run.state();
    await this.#onGpu(async () => gpu.enter(this.#run.host.order, current));
  }

  /** Keeps the GPU at work, and counts the oldest steps that it has taken. */
  async step(): Promise<void> {
    const { counters, batches } = this.#run;
    await this.#onGpu(async () => this.#feed!.fill(counters, batches));
    if (this.#gpu) await this.#receive(this.#gpu);
    if (!this.#gpu?.isSlower || !await this.mirror()) return;
    this.#gpu?.dispose();
    this.#gpu = undefined;
  }

  /** Brings the parameters to the host, unless it holds them; false if the run must go on from where it last did. */
  async mirror(): Promise<boolean> {
    const gpu = this.#gpu;
    while (gpu && gpu.inFlight > 0) if (!await this.#receive(gpu)) return false;
    if (!gpu?.isAhead) return true;
    return await this.#onGpu(async () => {
      this.#run.memory.write(await gpu.leave());
      this.#mark = this.#run.state();
    });
  }

  /** Counts the oldest steps that were sent; false if the run must go on from where the host last held all. */
  async #receive(gpu: GpuSteps): Promise<boolean> {
    const { counters, host } = this.#run, { rollbacks } = counters;
    const isSound = await this.#onGpu(async () => {
      const { isCompared } = gpu, taken = await this.#feed!.receive();
      if (isCompared) this.#trusted = this.#mark;
      for (const { outputs, step: { inputs, powers } } of taken) {
        for (const [name, into] of Object.entries(host.means)) into.set(outputs.get(name)!);
        this.#run.count(inputs.rows, powers);
      }
    });
    if (counters.rollbacks > rollbacks) await this.enter();
    return isSound;
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
