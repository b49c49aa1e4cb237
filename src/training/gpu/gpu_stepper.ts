/**
 * Training steps on a GPU that may fail at any time. The host hands over its parameters at the start of an epoch, sends
 * steps, and takes the parameters back where it needs them. Whenever both hold the same parameters it notes the whole run:
 * from there it can go on alone. A GPU that computed wrongly may have done so since it was last compared with the
 * host (`canary.ts`); the host then goes on from before that.
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

/** The run that steps are taken of. */
export interface GpuRun {
  readonly plan: Plan;
  readonly state: RunState;
  readonly sequence: StepSequence;
  readonly host: HostStepper;
  /** A steady clock, milliseconds. */
  readonly clock: () => number;
}

/** A moment at which host and GPU held the same parameters. */
interface Mark {
  readonly run: Checkpoint;
  /** Steps that the GPU had taken of it. */
  readonly gpuSteps: number;
}

export class GpuStepper implements Stepper {
  readonly #gpu: TrainingGpu;
  readonly #state: RunState;
  readonly #sequence: StepSequence;
  readonly #race: Race;
  readonly #canary: Canary;
  readonly #submits: Submits;
  /** Who holds the parameters after the last step: both, or the GPU alone. */
  #holder: "both" | "gpu" = "both";
  #stepsSinceMark = 0;
  /** The last one; `begin` sets the first. */
  #mark!: Mark;
  /** The last one from which a comparison held. */
  #trusted?: Mark;

  constructor(gpu: TrainingGpu, { plan, state, sequence, host, clock }: GpuRun) {
    this.#gpu = gpu;
    this.#state = state;
    this.#sequence = sequence;
    this.#race = new Race(clock, gpu.isRival);
    this.#canary = new Canary(plan, host, state.memory, this.#race);
    this.#submits = new Submits(gpu.stepper, this.#race);
  }

  /** Whether the run should go on on the host, because that is faster. */
  get isSlower(): boolean {
    return this.#race.whySlower !== undefined;
  }

  /** @throws GpuError if the GPU fails, as do all others but `abandon` */
  begin(): void {
    this.#setMark();
    const { stepper } = this.#gpu, { parameters, state } = this.#mark.run.current;
    stepper.setOrder(this.#sequence.order);
    stepper.push(parameters, state);
  }

  async take(): Promise<void> {
    this.#fill();
    await this.#receive();
  }

  async sync(): Promise<void> {
    while (this.#submits.steps > 0) await this.#receive();
    if (this.#holder === "both") return;
    const { current } = this.#mark.run;
    const parameters = new Float32Array(current.parameters.length);
    const state = new Float32Array(current.state.length);
    await this.#gpu.stepper.pull(parameters, state);
    this.#state.memory.write({ parameters, state });
    this.#setMark();
  }

  /** Brings the host to where the GPU is, and gives the GPU back. */
  async leave(): Promise<void> {
    await this.sync();
    this.#gpu.report.left = this.#race.whySlower;
    this.#gpu.dispose();
  }

  /**
   * Gives up a GPU that has failed.
   * @returns what the run can go on from
   */
  abandon(error: GpuError): Checkpoint {
    const { report } = this.#gpu;
    const { run, gpuSteps } = error instanceof DistrustError && this.#trusted || this.#mark;
    report.lost = error.message;
    report.steps = gpuSteps;
    this.#gpu.dispose();
    return run;
  }

  /** The host holds the parameters after the last step: the steps until here count, whatever becomes of the GPU. */
  #setMark(): void {
    const { report } = this.#gpu;
    report.steps += this.#stepsSinceMark;
    this.#stepsSinceMark = 0;
    this.#mark = { run: this.#state.checkpoint(), gpuSteps: report.steps };
    this.#holder = "both";
  }

  /** Sends as many of the epoch's steps as the GPU takes now. */
  #fill(): void {
    const submits = this.#submits, canary = this.#canary;
    while (submits.hasRoom) {
      const steps = this.#nextSteps();
      if (steps.length === 0) return;
      // The host takes its steps before the GPU is at work, since the times of the two are compared.
      const expected = this.#holder === "both" ? canary.expect(steps) : [];
      this.#holder = "gpu";
      submits.send(steps, expected);
    }
  }

  #nextSteps(): NextStep[] {
    const { counters } = this.#state, sequence = this.#sequence;
    const sent = this.#submits.steps, left = sequence.stepsPerEpoch - counters.batch - sent;
    let powers = this.#submits.lastStep?.powers ??
      [counters.beta1Power, counters.beta2Power] as const;
    return Array.from({ length: Math.min(this.#gpu.stepper.most, left) }, (_, i) => {
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
      this.#trusted = this.#mark;
    }
    this.#canary.passed(steps.length);
    this.#stepsSinceMark += steps.length;
    steps.forEach((step, i) => this.#state.count(step, outputs[i]));
    // The run fell back to parameters that the host holds.
    if (counters.rollbacks > rollbacks) this.begin();
  }
}
