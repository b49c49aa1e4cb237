/** What a training job can be told: of the detector, or of the model that it is to make in its place. */
import type { DetectorOptions } from "../detection/options.ts";
import type { DeviceOptions } from "../trained/trained_vae.ts";
import type { CheckpointStore } from "../training/run/checkpoint.ts";
import type { EpochReport } from "../training/report.ts";

/** What a caller may ask of the detector and its training; defaults are the detector's. */
export type TrainSettings =
  & {
    /** The model, and no detector. */
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
  >;

/** How far a run is: of a VAE all of a report, of others what they know. */
export type Progress = Partial<EpochReport> & Pick<EpochReport, "epoch" | "epochs" | "loss">;

/** What training is given beside its job. */
export interface TrainContext {
  readonly device: DeviceOptions;
  readonly checkpoint: CheckpointStore;
  readonly signal: AbortSignal;
  onProgress(report: Progress): void;
}
