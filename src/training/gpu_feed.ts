/**
 * Keeps a GPU at work: sends it the next steps of an epoch while it takes those before, and has the host take some of
 * them first where they are to be compared. Steps count only once they are received; the counters of the run say
 * where they begin.
 */
import type { StepInputs } from "../backends/backend.ts";
import type { RunCounters } from "./checkpoint.ts";
import type { Expected, GpuSteps } from "./gpu_steps.ts";
import type { HostSteps, NextStep } from "./host_steps.ts";
import type { RunMemory } from "./run_memory.ts";

/** What a step gave. */
export interface Taken {
  readonly outputs: ReadonlyMap<string, Float64Array>;
  readonly step: NextStep;
}

/** Steps that the host compares at least, and milliseconds after which it compares no more of a submit. */
const LEAST_COMPARED = 2, LONG = 500;

export class GpuFeed {
  readonly #gpu: GpuSteps;
  readonly #host: HostSteps;
  readonly #memory: RunMemory;
  readonly #clock: () => number;
  /** Sent, and not received. */
  #sent: NextStep[] = [];

  /**
   * @param memory what the steps of the host change
   * @param clock milliseconds of a steady clock
   */
  constructor(gpu: GpuSteps, host: HostSteps, memory: RunMemory, clock: () => number) {
    this.#gpu = gpu;
    this.#host = host;
    this.#memory = memory;
    this.#clock = clock;
  }

  /** Forgets what was sent. */
  clear(): void {
    this.#sent = [];
  }

  /**
   * Sends as many steps as the GPU takes now.
   * @param batches steps of an epoch
   * @throws GpuError if the GPU fails
   */
  fill(counters: RunCounters, batches: number): void {
    const gpu = this.#gpu;
    while (gpu.isReady) {
      const ahead = this.#sent.length, left = batches - counters.batch - ahead;
      const end = ahead + Math.min(gpu.most, left);
      if (left <= 0) return;
      while (this.#sent.length < end) this.#sent.push(this.#next(counters));
      const steps = this.#sent.slice(ahead).map(({ inputs }) => inputs);
      // Before the GPU is at work: the host's time is compared with its own.
      gpu.send(steps, this.#compared(steps.slice(0, gpu.canarySteps)));
    }
  }

  /**
   * The oldest steps that were sent, once they were taken.
   * @throws GpuError if the GPU fails, DistrustError if it is found wrong
   */
  async receive(): Promise<readonly Taken[]> {
    const results = await this.#gpu.receive();
    const steps = this.#sent.splice(0, results.length);
    // What followed a step that was not finite was taken back.
    if (this.#gpu.inFlight === 0) this.clear();
    return results.map((outputs, i) => ({ outputs, step: steps[i] }));
  }

  #next(counters: RunCounters): NextStep {
    const { beta1Power, beta2Power } = counters;
    const before = this.#sent.at(-1)?.powers ?? [beta1Power, beta2Power] as const;
    return this.#host.next(counters, this.#sent.length, before);
  }

  /** What the host gives for the steps, or for the first of them where it takes long. Its memory is then as before. */
  #compared(steps: readonly StepInputs[]): Expected[] {
    if (steps.length === 0) return [];
    const before = this.#memory.snapshot(), clock = this.#clock, start = clock();
    const given: Expected[] = [];
    for (const inputs of steps) {
      if (given.length >= LEAST_COMPARED && clock() - start > LONG) break;
      this.#host.run(inputs);
      given.push(structuredClone(this.#host.means));
    }
    this.#gpu.hostTook((clock() - start) / given.length);
    this.#memory.write(before);
    return given;
  }
}
