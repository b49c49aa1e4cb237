/** What training tells: one report per epoch, and one at the end. Nats per row. */

/** Means over the rows of one epoch, taken while the parameters moved. */
export interface EpochMeans {
  readonly epoch: number;
  /** What was minimised: reconstruction + beta · kl. */
  readonly loss: number;
  /** -E_q[ln p(x | z)] */
  readonly reconstruction: number;
  readonly kl: number;
  /** -(reconstruction + kl) */
  readonly elbo: number;
  /** Latent dimensions whose posterior mean varies over the rows: variance > 0.01 (Burda et al., 2016). */
  readonly activeUnits: number;
  /** Steps skipped so far because a gradient was not finite. */
  readonly skippedSteps: number;
  /** ELBO of the validation rows after the epoch. */
  readonly validationElbo?: number;
}

/** Progress of a running fit. */
export interface EpochReport extends EpochMeans {
  readonly epochs: number;
  readonly rowsPerSecond: number;
  readonly secondsLeft: number;
}

/** How a fit went. */
export interface FitReport {
  readonly history: readonly EpochMeans[];
  /** The epoch whose parameters the model now has. */
  readonly epoch: number;
  readonly stoppedEarly: boolean;
  readonly skippedSteps: number;
  /** Times that training fell back to the last good epoch, with half the learning rate. */
  readonly rollbacks: number;
}
