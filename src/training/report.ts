/** Reports of training: one per epoch, and one at the end. Nats per row. */

/** Means over the rows of one epoch, while the parameters changed. */
export interface EpochMeans {
  /** Counts from 1. */
  readonly epoch: number;
  /** The objective that is minimised; for the ELBO, reconstruction + beta · kl. */
  readonly loss: number;
  /**
   * -E_q[ln p(x | z)], a term of the loss; `evaluate()` and the command line report E_q[ln p(x | z)], a term of the
   * ELBO.
   */
  readonly reconstruction: number;
  /** KL(q ‖ p) */
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
  /** Total number of epochs. */
  readonly epochs: number;
  /** Of an ensemble: the number of networks that share these epochs, one network after the other. */
  readonly networks?: number;
  /** Training speed of the epoch. */
  readonly rowsPerSecond: number;
  /** Seconds until the last epoch ends, at that speed. */
  readonly secondsLeft: number;
}

/** Report on the use of a GPU. */
export interface GpuReport {
  /** Name of the adapter, as the device reports it. */
  readonly adapter: string;
  /** Number of counted steps that the GPU took. */
  steps: number;
  /** Why the run left the GPU although it worked: under "auto" the host was faster. */
  left?: string;
  /** Why the run continued without the GPU after a failure. */
  lost?: string;
}

/** Combines the GPU reports of several fits; the reason is that of the first fit that lost or left it. */
export function gpuOfAll(fits: readonly Pick<FitReport, "gpu">[]): Pick<FitReport, "gpu"> {
  const all = fits.flatMap(({ gpu }) => gpu ?? []);
  if (all.length === 0) return {};
  const [{ adapter }] = all, steps = all.reduce((sum, gpu) => sum + gpu.steps, 0);
  const lost = all.find((gpu) => gpu.lost)?.lost, left = all.find((gpu) => gpu.left)?.left;
  return { gpu: { adapter, steps, ...(left && { left }), ...(lost && { lost }) } };
}

/** The details of `device` about the GPU of a fit. */
export function gpuDetails({ gpu }: Pick<FitReport, "gpu">) {
  if (!gpu) return {};
  const { adapter, lost, left } = gpu;
  return { adapter, ...(lost ? { lost } : left ? { left } : { training: "webgpu" }) };
}

/** Report on a fit. */
export interface FitReport {
  /** Every epoch. */
  readonly history: readonly EpochMeans[];
  /** The epoch whose parameters the model now has. */
  readonly epoch: number;
  /** Whether early stopping ended it. */
  readonly stoppedEarly: boolean;
  /** Steps whose gradient was not finite. */
  readonly skippedSteps: number;
  /** How often training fell back to the last good epoch, with a tenth of the learning rate. */
  readonly rollbacks: number;
  /** Report on the GPU, if one was used. */
  readonly gpu?: GpuReport;
}
