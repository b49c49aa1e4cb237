/** An option of `elbow train`, where its value goes, and the values of all options. */
import type { Option } from "npm:commander@15.1.0";
import type { DetectorOptions } from "../../detection/detector.ts";
import type { ColumnOverride } from "../../detection/columns/infer_schema.ts";
import type { Objective, ObjectiveInput } from "../../objectives/objective.ts";
import type { FileFormat } from "../../trained/file/quantize.ts";
import type { LabelOptions } from "../files/labels.ts";
import type { BackendOption, HeaderOption, JsonOption } from "../options.ts";

/** Options as commander passes them; an absent one has the library's default. */
export interface TrainOptions extends JsonOption, BackendOption, HeaderOption, LabelOptions {
  readonly out?: string;
  readonly curve?: string;
  readonly spec?: string;
  readonly columns?: readonly string[];
  readonly exclude?: readonly string[];
  readonly maxRows?: number;
  readonly column?: readonly ColumnOverride[];
  readonly schema?: string;
  readonly missing?: readonly string[];
  readonly preset?: DetectorOptions["preset"];
  readonly members?: number;
  readonly robust?: boolean | number;
  readonly latent?: number;
  readonly window?: number;
  readonly by?: string;
  readonly clock?: string;
  readonly hidden?: readonly number[];
  readonly likelihood?: DetectorOptions["likelihood"];
  readonly objective?: Objective["type"] | ObjectiveInput;
  readonly binarize?: boolean;
  readonly labelledShare?: number;
  readonly beta?: number;
  readonly samples?: number;
  readonly estimator?: "standard" | "stl" | "dreg";
  readonly freeBits?: number;
  readonly alpha?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly validation?: number;
  readonly patience?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly checkpoint?: string;
  readonly checkpointEvery?: number;
  readonly resume?: boolean;
  readonly falseAlarmRate?: number;
  readonly weightsFormat?: FileFormat;
}

/** What can be trained: a detector of tables or, by a specification, a VAE or a relative of it. */
export type ModelKind = "detector" | "vae" | "rbm" | "em";

/** An option and where its value goes. */
export interface TrainOption {
  readonly option: Option;
  /** The models it applies to. */
  readonly appliesTo: readonly ModelKind[];
  /** The option without which it has no effect. */
  readonly needs?: keyof TrainOptions;
  /** The destination of its value, unchanged and under the same name: `fit`, or the objective. */
  readonly to?: "fit" | "objective";
}

/** Some of the options, by name. */
export type TrainOptionTable = { readonly [Name in keyof TrainOptions]?: TrainOption };

export const ALL = ["detector", "vae", "rbm", "em"] as const;
export const NETWORKS = ["detector", "vae", "rbm"] as const;
export const VAES = ["detector", "vae"] as const;
export const DETECTOR = ["detector"] as const;
export const VAE = ["vae"] as const;
