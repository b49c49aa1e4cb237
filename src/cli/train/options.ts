/** What `elbow train` can be told: names, limits, and the words of its help. */
import { InvalidArgumentError, Option } from "npm:commander@15.1.0";
import type { DetectorOptions } from "../../detection/detector.ts";
import { PLAIN_LIKELIHOODS } from "../../distributions/likelihood.ts";
import type { ColumnOverride } from "../../detection/infer_schema.ts";
import {
  type Objective,
  OBJECTIVE_TYPES,
  type ObjectiveInput,
} from "../../objectives/objective.ts";
import { MOST_LEFT_OUT, PRESETS } from "../../detection/options.ts";
import { columnOption } from "./overrides.ts";
import type { FileFormat } from "../../trained/file/quantize.ts";
import { MAX_WINDOW } from "../../scoring/table_model.ts";
import * as options from "../options.ts";

/** Options as commander hands them over; what is absent has the library's default. */
export interface TrainOptions extends options.JsonOption, options.BackendOption {
  readonly out?: string;
  readonly curve?: string;
  readonly spec?: string;
  readonly label?: string;
  readonly columns?: readonly string[];
  readonly exclude?: readonly string[];
  readonly maxRows?: number;
  readonly column?: readonly ColumnOverride[];
  readonly schema?: string;
  readonly preset?: DetectorOptions["preset"];
  readonly members?: number;
  readonly robust?: boolean | number;
  readonly latent?: number;
  readonly window?: number;
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

/** What can be trained: a detector of tables, or by a specification a VAE or a neighbour of it. */
export type Taker = "detector" | "vae" | "rbm" | "em";

/** An option and what becomes of it. */
export interface TrainOption {
  readonly option: Option;
  /** For whom it means something. */
  readonly takers: readonly Taker[];
  /** What it means nothing without. */
  readonly needs?: keyof TrainOptions;
  /** Where its value goes as it is, under the same name: to `fit`, or into the objective. */
  readonly to?: "fit" | "objective";
}

const ALL = ["detector", "vae", "rbm", "em"] as const;
const NETWORKS = ["detector", "vae", "rbm"] as const;
const VAES = ["detector", "vae"] as const;
const DETECTOR = ["detector"] as const;
const VAE = ["vae"] as const;

const { numberOption, integerOption } = options;

/** Complete by type, in the order of the help. */
export const TRAIN_OPTIONS = {
  out: { takers: ALL, option: new Option("--out <model>", "file to write (required)") },
  label: {
    takers: ALL,
    option: new Option("--label <column>", "column kept out of training, used only to report"),
  },
  curve: {
    takers: VAES,
    option: new Option("--curve <svg>", "SVG chart to write, of the loss over the epochs"),
  },
  spec: {
    takers: ["vae", "rbm", "em"],
    option: new Option(
      "--spec <file>",
      "the model as JSON, or a file that holds it: a bare VAE, or a related model by its type (rbm, ppca, factorAnalysis); trains on the values as they are",
    ),
  },
  binarize: {
    takers: VAE,
    to: "fit",
    option: new Option(
      "--binarize",
      "with --spec: draw 0 or 1 from values between them, anew at every step",
    ),
  },
  labelledShare: {
    takers: VAE,
    to: "fit",
    option: numberOption(
      "--labelled-share <share>",
      "with a classifier in --spec: share of labelled rows in each batch (default: 0.1)",
      { above: 0, max: 0.99 },
    ),
  },
  columns: {
    takers: ALL,
    option: options.namesOption(
      "--columns <a,b,c>",
      "columns to train on (default: all but the label)",
    ),
  },
  exclude: { takers: ALL, option: options.excludeOption() },
  maxRows: {
    takers: ALL,
    option: integerOption(
      "--max-rows <n>",
      "train on at most this many rows, drawn by the seed; of a series, the last ones (default: 1000000, or 2^26 cells)",
      { min: 1 },
    ),
  },
  column: { takers: DETECTOR, option: columnOption() },
  schema: {
    takers: DETECTOR,
    option: new Option(
      "--schema <json>",
      "file with the kinds of columns: [{ name, kind, levels? }, …]",
    ),
  },
  preset: {
    takers: DETECTOR,
    to: "fit",
    option: new Option(
      "--preset <name>",
      "ensemble (default); small: one network, chosen also by any option for one network; linear: for --window, and its default",
    ).choices(PRESETS),
  },
  window: {
    takers: DETECTOR,
    to: "fit",
    option: integerOption(
      "--window <n>",
      "rows are steps of a series: learn windows of this many steps",
      { min: 2, max: MAX_WINDOW },
    ),
  },
  robust: {
    takers: DETECTOR,
    to: "fit",
    option: numberOption(
      "--robust [share]",
      "the table contains anomalies: leave out the strangest training rows, this share of them (0.5 if not given)",
      { above: 0, max: MOST_LEFT_OUT },
    ),
  },
  members: {
    takers: DETECTOR,
    to: "fit",
    option: integerOption("--members <n>", "networks for each view of an ensemble (default: 2)", {
      min: 1,
      max: 16,
    }),
  },
  latent: {
    takers: DETECTOR,
    to: "fit",
    option: integerOption(
      "--latent <n>",
      "latent dimensions (default: 2 to 16, depending on the columns)",
      {
        min: 1,
        max: 1e6,
      },
    ),
  },
  hidden: {
    takers: DETECTOR,
    to: "fit",
    option: options.integersOption(
      "--hidden <64,32>",
      "widths of the encoder's hidden layers (default: 48,48)",
    ),
  },
  likelihood: {
    takers: DETECTOR,
    to: "fit",
    option: new Option("--likelihood <type>", "distribution of the columns (default: gaussian)")
      .choices(PLAIN_LIKELIHOODS),
  },
  objective: {
    takers: NETWORKS,
    option: new Option(
      "--objective <type>",
      "what to train for: a type, or the whole objective as JSON (default: elbo)",
    )
      .argParser(objective),
  },
  beta: {
    takers: VAES,
    to: "objective",
    option: numberOption(
      "--beta <weight>",
      "weight of the KL, or of betaTc's total correlation (default: 1)",
      { min: 0 },
    ),
  },
  samples: {
    takers: VAES,
    to: "objective",
    option: integerOption(
      "--samples <n>",
      "draws of z per row and step (default: 1; 5 for iwae and renyi)",
      { min: 1, max: 10_000 },
    ),
  },
  estimator: {
    takers: VAES,
    to: "objective",
    option: new Option(
      "--estimator <name>",
      "how to estimate the gradient; dreg for iwae only (default: standard)",
    ).choices(["standard", "stl", "dreg"]),
  },
  freeBits: {
    takers: VAES,
    to: "objective",
    option: numberOption(
      "--free-bits <nats>",
      "elbo: KL per dimension that costs nothing (default: 0)",
      { min: 0 },
    ),
  },
  alpha: {
    takers: VAES,
    to: "objective",
    option: numberOption(
      "--alpha <order>",
      "renyi: 0 is iwae, 1 the ELBO (default: 0.5); semiSupervised: weight of ln q(y | x) (default: 1)",
      {},
    ),
  },
  falseAlarmRate: {
    takers: DETECTOR,
    to: "fit",
    option: options.falseAlarmRateOption(
      "share of normal rows that may be flagged (default: 0.01)",
    ),
  },
  weightsFormat: {
    takers: DETECTOR,
    option: options.weightsFormatOption("how the file stores its weights (default: f16)"),
  },
  epochs: {
    takers: ALL,
    to: "fit",
    option: integerOption(
      "--epochs <n>",
      "passes over the rows (default: about 500 steps' worth, 2000 for preset small; 50 for an rbm)",
      { min: 1, max: 1e7 },
    ),
  },
  batchSize: {
    takers: NETWORKS,
    to: "fit",
    option: integerOption("--batch-size <n>", "rows per step (default: 96; 128 for preset small)", {
      min: 1,
      max: 1e6,
    }),
  },
  learningRate: {
    takers: NETWORKS,
    option: numberOption(
      "--learning-rate <rate>",
      "Adam's rate, falling to 0 over the run (default: 0.005)",
      {
        above: 0,
      },
    ),
  },
  validation: {
    takers: VAES,
    to: "fit",
    option: numberOption(
      "--validation <share>",
      "share of rows held back to report their ELBO, such as 0.1",
      { above: 0, max: 0.9 },
    ),
  },
  patience: {
    takers: VAES,
    needs: "validation",
    option: integerOption(
      "--patience <epochs>",
      "stop when validation has not improved for this many epochs",
      {
        min: 1,
      },
    ),
  },
  seed: {
    takers: ALL,
    to: "fit",
    option: integerOption("--seed <n>", "seed of everything random (default: 0)"),
  },
  threads: {
    takers: ALL,
    to: "fit",
    option: integerOption(
      "--threads <n>",
      "threads to use at most, if the model is large enough to gain (default: 1)",
      { min: 1, max: 1024 },
    ),
  },
  checkpoint: {
    takers: VAES,
    option: new Option("--checkpoint <dir>", "folder that keeps the state of the run"),
  },
  checkpointEvery: {
    takers: VAES,
    needs: "checkpoint",
    option: numberOption(
      "--checkpoint-every <seconds>",
      "seconds between two checkpoints (default: 1)",
      {
        min: 0,
      },
    ),
  },
  resume: {
    takers: VAES,
    needs: "checkpoint",
    option: new Option("--resume", "continue from the folder's checkpoint, if it holds one"),
  },
  backend: { takers: ALL, to: "fit", option: options.backendOption() },
  json: { takers: ALL, option: options.jsonOption() },
} satisfies { readonly [Name in keyof Required<TrainOptions>]: TrainOption };

/** A type, or an objective as a program would write it. */
function objective(text: string): TrainOptions["objective"] {
  const type = OBJECTIVE_TYPES.find((each) => each === text);
  if (type !== undefined) return type;
  if (!text.startsWith("{")) {
    throw new InvalidArgumentError(`Allowed choices are ${OBJECTIVE_TYPES.join(", ")}, or JSON`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("It must be JSON");
  }
}
