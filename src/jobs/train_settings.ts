/** The settings of a training job: for the detector, or for the model to train instead. */
import type { DetectorOptions } from "../detection/options.ts";
import type { DeviceOptions } from "../trained/trained_vae.ts";
import type { CheckpointStore } from "../training/run/checkpoint.ts";
import type { EpochReport } from "../training/report.ts";

/** What a caller may set for the detector and its training; the defaults are the detector's. */
export type TrainSettings =
  & {
    /** A model to train instead of a detector. */
    readonly spec?: Readonly<Record<string, unknown>>;
  }
  & Pick<
    DetectorOptions,
    | "preset"
    | "falseAlarmRate"
    | "seed"
    | "hidden"
    | "latent"
    | "likelihood"
    | "objective"
    | "epochs"
    | "batchSize"
    | "validation"
    | "earlyStopping"
    | "determinism"
    | "robust"
    | "missing"
  >;

/** The progress of a run: a full report for a VAE, for other models what they know. */
export type Progress = Partial<EpochReport> & Pick<EpochReport, "epoch" | "epochs" | "loss">;

/** What training needs besides its job. */
export interface TrainContext {
  readonly device: DeviceOptions;
  readonly checkpoint: CheckpointStore;
  readonly signal: AbortSignal;
  onProgress(report: Progress): void;
}
