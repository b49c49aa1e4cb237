/** All options of `elbow train`, by what they are about, in the order of its help. */
import { Option } from "npm:commander@15.1.0";
import { MAX_TRIMMED_SHARE, PRESETS } from "../../detection/options.ts";
import { PLAIN_LIKELIHOODS } from "../../distributions/likelihood.ts";
import { MAX_WINDOW } from "../../scoring/table_model.ts";
import { anomalousOption, normalOption } from "../files/labels.ts";
import * as options from "../options.ts";
import { OBJECTIVE_OPTIONS } from "./objective_options.ts";
import {
  ALL,
  DETECTOR,
  type TrainOption,
  type TrainOptions,
  type TrainOptionTable,
  VAE,
  VAES,
} from "./option.ts";
import { columnOption } from "./overrides.ts";
import { RUN_OPTIONS } from "./run_options.ts";

const { numberOption, integerOption } = options;

/** What is written. */
const RESULT = {
  out: { appliesTo: ALL, option: new Option("--out <model>", "file to write (required)") },
  weightsFormat: {
    appliesTo: DETECTOR,
    option: options.weightsFormatOption("how the file stores its weights (default: f16)"),
  },
  curve: {
    appliesTo: VAES,
    option: new Option("--curve <svg>", "SVG chart to write, of the loss over the epochs"),
  },
  json: { appliesTo: ALL, option: options.jsonOption() },
} satisfies TrainOptionTable;

/** What is read. */
const TABLE = {
  columns: {
    appliesTo: ALL,
    option: options.namesOption(
      "--columns <a,b,c>",
      "columns to train on (default: all but the label)",
    ),
  },
  exclude: { appliesTo: ALL, option: options.excludeOption() },
  label: {
    appliesTo: ALL,
    option: new Option("--label <column>", "column kept out of training, used only to report"),
  },
  normal: { appliesTo: DETECTOR, option: normalOption() },
  anomalous: { appliesTo: DETECTOR, option: anomalousOption() },
  column: { appliesTo: DETECTOR, option: columnOption() },
  missing: { appliesTo: DETECTOR, to: "fit", option: options.missingOption() },
  schema: {
    appliesTo: DETECTOR,
    option: new Option(
      "--schema <json>",
      "file with the kinds of columns: [{ name, kind, levels?, format?, missing? }, …]",
    ),
  },
  header: { appliesTo: ALL, option: options.noHeaderOption() },
  maxRows: {
    appliesTo: ALL,
    option: options.maxRowsOption("train on", "; of series, the last of each"),
  },
} satisfies TrainOptionTable;

/** The model of a detector. */
const MODEL = {
  preset: {
    appliesTo: DETECTOR,
    to: "fit",
    option: new Option(
      "--preset <name>",
      "small: one network, chosen also by any option for one network; linear: for --window, and its default (default: ensemble)",
    ).choices(PRESETS),
  },
  window: {
    appliesTo: DETECTOR,
    to: "fit",
    option: integerOption(
      "--window <n>",
      "rows are steps of a series: learn windows of this many steps",
      { min: 2, max: MAX_WINDOW },
    ),
  },
  by: {
    appliesTo: DETECTOR,
    needs: "window",
    option: new Option(
      "--by <column>",
      "with --window: column that tells several series apart, such as machines, in any order",
    ),
  },
  clock: {
    appliesTo: DETECTOR,
    needs: "window",
    option: new Option(
      "--clock <column>",
      "with --window: column of times, or of numbers such as cycles, that lays steps out (default: a column of times)",
    ),
  },
  robust: {
    appliesTo: DETECTOR,
    to: "fit",
    option: numberOption(
      "--robust [share]",
      "the table contains anomalies: leave out the strangest training rows, this share of them (0.5 if not given)",
      { above: 0, max: MAX_TRIMMED_SHARE },
    ),
  },
  members: {
    appliesTo: DETECTOR,
    to: "fit",
    option: integerOption("--members <n>", "networks for each view of an ensemble (default: 2)", {
      min: 1,
      max: 16,
    }),
  },
  latent: {
    appliesTo: DETECTOR,
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
    appliesTo: DETECTOR,
    to: "fit",
    option: options.integersOption(
      "--hidden <64,32>",
      "widths of the encoder's hidden layers (default: 48,48)",
    ),
  },
  likelihood: {
    appliesTo: DETECTOR,
    to: "fit",
    option: new Option("--likelihood <type>", "distribution of the columns (default: gaussian)")
      .choices(PLAIN_LIKELIHOODS),
  },
  falseAlarmRate: {
    appliesTo: DETECTOR,
    to: "fit",
    option: options.falseAlarmRateOption(
      "share of normal rows that may be flagged (default: 0.01)",
    ),
  },
} satisfies TrainOptionTable;

/** Any other model. */
const OTHER_MODEL = {
  spec: {
    appliesTo: ["vae", "rbm", "em"],
    option: new Option(
      "--spec <file>",
      "the model as JSON, or a file that holds it: a bare VAE, or a related model by its type (rbm, ppca, factorAnalysis); trains on the values as they are",
    ),
  },
  binarize: {
    appliesTo: VAE,
    to: "fit",
    option: new Option(
      "--binarize",
      "with --spec: draw 0 or 1 from values between them, again at every step",
    ),
  },
  labelledShare: {
    appliesTo: VAE,
    to: "fit",
    option: numberOption(
      "--labelled-share <share>",
      "with a classifier in --spec: share of labelled rows in each batch (default: 0.1)",
      { above: 0, max: 0.99 },
    ),
  },
} satisfies TrainOptionTable;

/** The options by what they are about. */
export const HELP_GROUPS = {
  "The result:": RESULT,
  "The table:": TABLE,
  "The detector:": MODEL,
  "Another model than a detector:": OTHER_MODEL,
  "The objective:": OBJECTIVE_OPTIONS,
  "The run:": RUN_OPTIONS,
};

/** The type checks that it is complete. */
export const TRAIN_OPTIONS = {
  ...RESULT,
  ...TABLE,
  ...MODEL,
  ...OTHER_MODEL,
  ...OBJECTIVE_OPTIONS,
  ...RUN_OPTIONS,
} satisfies { readonly [Name in keyof Required<TrainOptions>]: TrainOption };
