/** Reports of training: one per epoch, and one at the end. Nats per row. */

/** Means over the rows of one epoch, taken while the parameters moved. */
export interface EpochMeans {
  /** Counts from 1. */
  readonly epoch: number;
  /** What was minimised: for the ELBO, reconstruction + beta · kl. */
  readonly loss: number;
  /** -E_q[ln p(x | z)], a part of the loss: `evaluate()` and the command line give E_q[ln p(x | z)], a part of the ELBO. */
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
  /** Epochs asked for. */
  readonly epochs: number;
  /** Training speed of the epoch. */
  readonly rowsPerSecond: number;
  /** Until the last epoch, at that speed. */
  readonly secondsLeft: number;
}

/** What a GPU did. */
export interface GpuReport {
  /** As the device names it. */
  readonly adapter: string;
  /** Steps that count which the GPU took. */
  steps: number;
  /** Why the run went on without it, though nothing was wrong: under "auto" the host was faster. */
  left?: string;
  /** Why the run went on without it. */
  lost?: string;
}

/** What a GPU did in all of several fits: the first that lost or left it says why. */
export function gpuOfAll(fits: readonly Pick<FitReport, "gpu">[]): Pick<FitReport, "gpu"> {
  const all = fits.flatMap(({ gpu }) => gpu ?? []);
  if (all.length === 0) return {};
  const [{ adapter }] = all, steps = all.reduce((sum, gpu) => sum + gpu.steps, 0);
  const lost = all.find((gpu) => gpu.lost)?.lost, left = all.find((gpu) => gpu.left)?.left;
  return { gpu: { adapter, steps, ...(left && { left }), ...(lost && { lost }) } };
}

/** What `device` of a model says of the GPU of its fit. */
export function gpuDetails({ gpu }: Pick<FitReport, "gpu">) {
  if (!gpu) return {};
  const { adapter, lost, left } = gpu;
  return { adapter, ...(lost ? { lost } : left ? { left } : { training: "webgpu" }) };
}

/** How a fit went. */
export interface FitReport {
  /** Every epoch. */
  readonly history: readonly EpochMeans[];
  /** The epoch whose parameters the model now has. */
  readonly epoch: number;
  /** Whether validation stopped it. */
  readonly stoppedEarly: boolean;
  /** Steps whose gradient was not finite. */
  readonly skippedSteps: number;
  /** Times that training fell back to the last good epoch, with a tenth of the learning rate. */
  readonly rollbacks: number;
  /** What a GPU did, where one was taken. */
  readonly gpu?: GpuReport;
}
