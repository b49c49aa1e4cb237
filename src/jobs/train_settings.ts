/** What a training job can be told of the detector. */
import type { DetectorOptions } from "../detection/options.ts";

/** What a caller may ask of the detector and its training; defaults are the detector's. */
export type TrainSettings = Pick<
  DetectorOptions,
  | "preset"
  | "falseAlarmRate"
  | "seed"
  | "hidden"
  | "latent"
  | "likelihood"
  | "epochs"
  | "batchSize"
  | "validation"
  | "earlyStopping"
  | "determinism"
>;
