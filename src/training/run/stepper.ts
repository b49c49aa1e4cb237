/**
 * The contract of what takes the steps of a run. There are two: `host_stepper.ts`, and `gpu/gpu_stepper.ts`. What a step
 * reads is a function of the run's counters (`step_sequence.ts`); whoever takes a step counts it in `RunState`.
 *
 * The host's memory holds the parameters that a run goes on from. A GPU holds them too, and runs ahead of the host from
 * `take` until `sync`.
 */

export interface Stepper {
  /** Begins an epoch with the parameters that the host's memory holds. */
  begin(): void | Promise<void>;
  /**
   * Takes one step or more of the epoch, and counts them. A promise only if there is something to wait for: on the
   * host a step may take microseconds, and a promise as long.
   */
  take(): void | Promise<void>;
  /** Waits for all steps, and brings the host's memory up to the last of them. */
  sync(): void | Promise<void>;
}

/** What a step gives: the outputs of `trainPlan`, means over the rows of its batch. */
export interface StepOutputs {
  /** [1], nats per row, as are the next two. */
  readonly loss: Float64Array;
  readonly reconstruction: Float64Array;
  readonly kl: Float64Array;
  /** [1], of the whole gradient before clipping. */
  readonly squaredNorm: Float64Array;
  /** [L], first and second moments of the posterior mean. */
  readonly meanOfMean: Float64Array;
  readonly meanOfSquare: Float64Array;
}

/** Whether the step changed the parameters: one whose gradient is not finite changes nothing. */
export function isFiniteStep({ loss, squaredNorm }: StepOutputs): boolean {
  return Number.isFinite(loss[0]) && Number.isFinite(squaredNorm[0]);
}
