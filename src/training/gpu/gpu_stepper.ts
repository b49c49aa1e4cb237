/**
 * Takes training steps on a GPU that may fail at any time. At the start of an epoch the host uploads its parameters; it
 * then sends steps, and downloads the parameters when it needs them. Whenever both hold the same parameters, it saves
 * the whole run as a sync point, from which the host can continue alone. A GPU that computed incorrectly may have done
 * so since the last successful comparison (`canary.ts`); the host then continues from the sync point before that.
 */
import type { GpuError } from "../../backends/backend.ts";
import type { Plan } from "../../graph/plan.ts";
import type { Checkpoint } from "../run/checkpoint.ts";
import type { HostStepper } from "../run/host_stepper.ts";
import type { RunState } from "../run/run_state.ts";
import type { NextStep, StepSequence } from "../run/step_sequence.ts";
import type { Stepper } from "../run/stepper.ts";
import { Canary, DistrustError } from "./canary.ts";
import type { TrainingGpu } from "./choice.ts";
import { Race } from "./race.ts";
import { Submits } from "./submits.ts";

/** The run whose steps are taken. */
export interface GpuRun {
  readonly plan: Plan;
  readonly state: RunState;
  readonly sequence: StepSequence;
  readonly host: HostStepper;
  /** A monotonic clock, in milliseconds. */
  readonly clock: () => number;
}

/** A state in which host and GPU held the same parameters. */
interface SyncPoint {
  readonly run: Checkpoint;
  /** Number of steps that the GPU had taken by then. */
  readonly gpuSteps: number;
}

export class GpuStepper implements Stepper {
  readonly #gpu: TrainingGpu;
  readonly #state: RunState;
  readonly #sequence: StepSequence;
  readonly #race: Race;
  readonly #canary: Canary;
  readonly #submits: Submits;
  /** Which memory holds the parameters after the last step: both, or only the GPU's. */
  #holder: "both" | "gpu" = "both";
  #stepsSinceSync = 0;
  /** The latest sync point; `begin` sets the first. */
  #syncPoint!: SyncPoint;
  /** The latest sync point from which a comparison succeeded. */
  #trustedSyncPoint?: SyncPoint;

  constructor(gpu: TrainingGpu, { plan, state, sequence, host, clock }: GpuRun) {
    this.#gpu = gpu;
    this.#state = state;
    this.#sequence = sequence;
    this.#race = new Race(clock, gpu.mustBeFaster);
    this.#canary = new Canary(plan, host, state.memory, this.#race);
    this.#submits = new Submits(gpu.stepper, this.#race);
  }

  /** Whether the run should continue on the host, because that is faster. */
  get isSlower(): boolean {
    return this.#race.whySlower !== undefined;
  }

  /** @throws GpuError if the GPU fails, like all other methods except `abandon` */
  begin(): void {
    this.#saveSyncPoint();
    const { stepper } = this.#gpu, { parameters, state } = this.#syncPoint.run.current;
    stepper.setOrder(this.#sequence.order);
    stepper.push(parameters, state);
  }

  async take(): Promise<void> {
    this.#sendSteps();
    await this.#receive();
  }

  async sync(): Promise<void> {
    while (this.#submits.steps > 0) await this.#receive();
    if (this.#holder === "both") return;
    const { current } = this.#syncPoint.run;
    const parameters = new Float32Array(current.parameters.length);
    const state = new Float32Array(current.state.length);
    await this.#gpu.stepper.pull(parameters, state);
    this.#state.memory.write({ parameters, state });
    this.#saveSyncPoint();
  }

  /** Brings the host's memory up to date, and releases the GPU. */
  async leave(): Promise<void> {
    await this.sync();
    this.#gpu.report.left = this.#race.whySlower;
    this.#gpu.dispose();
  }

  /**
   * Gives up a GPU that has failed.
   * @returns the state that the run can continue from
   */
  abandon(error: GpuError): Checkpoint {
    const { report } = this.#gpu;
    const { run, gpuSteps } = error instanceof DistrustError && this.#trustedSyncPoint ||
      this.#syncPoint;
    report.lost = error.message;
    report.steps = gpuSteps;
    this.#gpu.dispose();
    return run;
  }

  /**
   * Saves a sync point when the host holds the parameters after the last step. Steps so far count even if the GPU fails
   * later.
   */
  #saveSyncPoint(): void {
    const { report } = this.#gpu;
    report.steps += this.#stepsSinceSync;
    this.#stepsSinceSync = 0;
    this.#syncPoint = { run: this.#state.checkpoint(), gpuSteps: report.steps };
    this.#holder = "both";
  }

  /** Sends as many steps of the epoch as the GPU accepts now. */
  #sendSteps(): void {
    const submits = this.#submits, canary = this.#canary;
    while (submits.hasRoom) {
      const steps = this.#nextSteps();
      if (steps.length === 0) return;
      // The host takes its steps while the GPU is idle, because the times of the two are compared.
      const expected = this.#holder === "both" ? canary.computeExpected(steps) : [];
      this.#holder = "gpu";
      submits.send(steps, expected);
    }
  }

  #nextSteps(): NextStep[] {
    const { counters } = this.#state, sequence = this.#sequence;
    const sent = this.#submits.steps, remaining = sequence.stepsPerEpoch - counters.batch - sent;
    let powers = this.#submits.lastStep?.powers ??
      [counters.beta1Power, counters.beta2Power] as const;
    return Array.from({ length: Math.min(this.#gpu.stepper.maxSteps, remaining) }, (_, i) => {
      const next = sequence.at(counters, sent + i, powers);
      powers = next.powers;
      return next;
    });
  }

  /** Waits for the oldest submit, and counts its steps. */
  async #receive(): Promise<void> {
    const { counters } = this.#state, { rollbacks } = counters;
    const { steps, outputs, expected } = await this.#submits.receive();
    if (expected.length > 0) {
      this.#canary.judge(outputs, expected);
      this.#trustedSyncPoint = this.#syncPoint;
    }
    this.#canary.countSteps(steps.length);
    this.#stepsSinceSync += steps.length;
    steps.forEach((step, i) => this.#state.count(step, outputs[i]));
    // The run fell back to parameters in the host's memory.
    if (counters.rollbacks > rollbacks) this.begin();
  }
}
