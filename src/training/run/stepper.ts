/**
 * The interface that takes the steps of a run, implemented by `host_stepper.ts` and `gpu/gpu_stepper.ts`. The inputs of
 * a step are a function of the run's counters (`step_sequence.ts`); the implementation counts each step in `RunState`.
 *
 * The host's memory holds the parameters that a run continues from. A GPU has its own copy, and runs ahead of the host
 * from `take` until `sync`.
 */

export interface Stepper {
  /** Begins an epoch with the parameters in the host's memory. */
  begin(): void | Promise<void>;
  /**
   * Takes and counts one or more steps of the epoch. Returns a promise only if there is something to wait for: a step
   * on the host may take microseconds, and a promise costs as much.
   */
  take(): void | Promise<void>;
  /** Waits for all steps, and updates the host's memory to the last of them. */
  sync(): void | Promise<void>;
}

/** The outputs of a step, see `trainPlan`: means over the rows of its batch. */
export interface StepOutputs {
  /** [1], nats per row, like the next two. */
  readonly loss: Float64Array;
  readonly reconstruction: Float64Array;
  readonly kl: Float64Array;
  /** [1], of the whole gradient before clipping. */
  readonly squaredNorm: Float64Array;
  /** [L], first and second moments of the posterior mean. */
  readonly meanOfMean: Float64Array;
  readonly meanOfSquare: Float64Array;
}

/** Whether the step changed the parameters; a step whose gradient is not finite does not. */
export function isFiniteStep({ loss, squaredNorm }: StepOutputs): boolean {
  return Number.isFinite(loss[0]) && Number.isFinite(squaredNorm[0]);
}
