/** The options of `Detector.fit`: networks, training, device and calibration. */
import { OptionError } from "../core/option_error.ts";
import { requireChoice, requireNumber, requireObject } from "../core/validate.ts";
import type { BackendChoice } from "../backends/open.ts";
import { PLAIN_LIKELIHOODS } from "../distributions/likelihood.ts";
import { RATE } from "../scoring/decisions/rates.ts";
import { type ColumnSchema, hasLevels, requireLevels } from "../scoring/table/schema.ts";
import { columnsFault } from "../scoring/table/table_rows.ts";
import { DEVICE_KEYS, type DeviceOptions } from "../trained/device_options.ts";
import { STATISTIC_NAMES, type StatisticName } from "../scoring/ensemble/statistics.ts";
import { MAX_WINDOW } from "../scoring/table_model.ts";
import { type FitOptions, requireRunHooks } from "../training/options.ts";
import type { DetectorSpecOptions } from "./defaults.ts";
import { type ColumnOverride, parseOverrides } from "./columns/infer_schema.ts";

/** Options of `Detector.fit`; all have defaults. */
export interface DetectorOptions extends
  Omit<
    FitOptions,
    | "seed"
    | "validation"
    | "validationCondition"
    | "validationLabels"
    | "condition"
    | "labels"
    | "labelledShare"
    | "binarize"
  >,
  DetectorSpecOptions,
  DeviceOptions {
  /**
   * "ensemble", the default, gives the best scores. "small" is a single network, at a tenth of the time and file size;
   * options that apply only to a single network (`likelihood`, `objective`, `validation`, `earlyStopping`) select it
   * too. "linear", the default with `window`, is one linear VAE, fitted exactly.
   */
  readonly preset?: Preset;
  /** Networks for each view of an ensemble (default: 2). */
  readonly members?: number;
  /** The statistics of an ensemble (default: residual, kl, linear and neighbours, with categories also level). */
  readonly statistics?: readonly StatisticName[];
  /** Column names (default: the keys of named rows, else x0, x1, …). */
  readonly columns?: readonly string[];
  /** The kinds of some columns; the others are inferred. Not with a `likelihood`, which is for numbers. */
  readonly schema?: readonly ColumnOverride[];
  /** Texts, and numbers, that stand for a missing value in any column, such as unknown or -999. */
  readonly missing?: readonly string[];
  /** Rows are the steps of a series, in order: learn windows of this many steps, 2 to 10,000. */
  readonly window?: number;
  /**
   * When the steps of a series are: the seconds of each row, and the column that says so, which is none of the rows'
   * own. Steps that are missing in gaps count as empty, and where time goes back another series begins.
   */
  readonly clock?: { readonly column: ColumnSchema; readonly seconds: ArrayLike<number> };
  /**
   * Which of several series each row belongs to, such as a machine, and the column that says so, which is none of the
   * rows' own. The rows of a series are in order; those of several may be mixed.
   */
  readonly by?: {
    readonly column: string;
    readonly values: ArrayLike<string | number | null | undefined>;
  };
  /**
   * For rows that contain anomalies: leaves out this share of the training rows, the strangest, and fits to the others.
   * Above 0 and at most 0.5; true means 0.5. Best omitted if the rows are known to be normal.
   */
  readonly robust?: boolean | number;
  /**
   * Maximum number of training rows, drawn by the seed, or the last ones of a series. By default all rows are used; for
   * rows in batches, a million, or as many as hold 2²⁶ cells.
   */
  readonly maxRows?: number;
  /** The share of normal rows that may be flagged (default: 0.01). */
  readonly falseAlarmRate?: number;
  /** The seed of everything random (default: 0). */
  readonly seed?: number;
  /** The fraction of rows held out for calibration (default: what the false-alarm rate needs, 0.2 to 0.5). */
  readonly calibration?: number;
  /** The fraction of the training rows held out to report their ELBO (default: none). */
  readonly validation?: number;
}

/** The default false-alarm rate. */
export const DEFAULT_RATE = 0.01;

/** How a detector is built. */
export type Preset = "ensemble" | "small" | "linear";

/** All presets. */
export const PRESETS: readonly Preset[] = ["ensemble", "small", "linear"];

/** Who takes an option: the detector itself, the shape of a network, or its training. */
type Recipient = "detector" | "network" | "training";

/** Complete by type: an option without an entry does not compile. */
const RECIPIENTS = {
  preset: "detector",
  members: "detector",
  statistics: "detector",
  columns: "detector",
  window: "detector",
  clock: "detector",
  by: "detector",
  robust: "detector",
  schema: "detector",
  missing: "detector",
  maxRows: "detector",
  falseAlarmRate: "detector",
  calibration: "detector",
  seed: "detector",
  hidden: "network",
  latent: "network",
  likelihood: "network",
  epochs: "training",
  batchSize: "training",
  objective: "training",
  optimizer: "training",
  validation: "training",
  earlyStopping: "training",
  onProgress: "training",
  signal: "training",
  checkpoint: "training",
} as const satisfies Readonly<
  Record<Exclude<keyof DetectorOptions, keyof DeviceOptions>, Recipient>
>;

type KeysFor<To extends Recipient> = {
  [Key in keyof typeof RECIPIENTS]: typeof RECIPIENTS[Key] extends To ? Key : never;
}[keyof typeof RECIPIENTS];

/** The given options that one recipient takes. */
export function optionsFor<To extends Recipient>(
  to: To,
  options: DetectorOptions,
): Pick<DetectorOptions, KeysFor<To>> {
  const entries = Object.entries(options) as [keyof typeof RECIPIENTS, unknown][];
  const taken = entries.filter(([key]) => RECIPIENTS[key] === to);
  return Object.fromEntries(taken) as Pick<DetectorOptions, KeysFor<To>>;
}

/** All backends. */
export const BACKENDS: readonly BackendChoice[] = ["auto", "wasm", "webgpu", "reference"];

/**
 * Rejects options that the detector itself would misread; the network and its training check their own.
 * @throws TypeError or RangeError naming the option
 */
export function requireOptions(options: DetectorOptions): void {
  requireObject("detector options", options, [...Object.keys(RECIPIENTS), ...DEVICE_KEYS]);
  requireRunHooks(options);
  const { hidden, falseAlarmRate = DEFAULT_RATE, seed = 0, calibration, schema } = options;
  if (schema !== undefined) requireOverrides(schema, options.likelihood);
  const { validation, likelihood, backend, determinism, weights, preset, members } = options;
  if (preset !== undefined) requireChoice("preset", preset, PRESETS);
  if (members !== undefined) requireNumber("members", members, { min: 1, max: 16, integer: true });
  if (options.window !== undefined) {
    requireNumber("window", options.window, { min: 2, max: MAX_WINDOW, integer: true });
  }
  if (options.clock !== undefined && options.window === undefined) {
    throw new TypeError("Cannot fit detector: clock is for a series, which needs a window");
  }
  if (options.by !== undefined && options.window === undefined) {
    throw new TypeError("Cannot fit detector: by is for series, which need a window");
  }
  if (options.maxRows !== undefined) {
    requireNumber("maxRows", options.maxRows, { min: 1, integer: true });
  }
  if (options.missing !== undefined) requireMissing(options.missing);
  requireStatistics(options.statistics);
  if (options.robust !== undefined && typeof options.robust !== "boolean") {
    requireNumber("robust", options.robust, { above: 0, max: MAX_TRIMMED_SHARE });
  }
  if (options.window !== undefined && trimmedShare(options) > 0) {
    throw new OptionError((name) => {
      const rate = name("falseAlarmRate");
      return `Cannot fit detector: ${
        name("robust")
      } is for the rows of a table: for a series that holds anomalies, ${rate} sets how many steps are flagged`;
    });
  }
  if (hidden !== undefined && !Array.isArray(hidden)) {
    throw new TypeError("Cannot read hidden: expected a list of widths");
  }
  requireNumber("falseAlarmRate", falseAlarmRate, RATE);
  requireNumber("seed", seed, { integer: true });
  if (calibration !== undefined) {
    requireNumber("calibration", calibration, { above: 0, max: 0.9 });
  }
  if (validation !== undefined) requireNumber("validation", validation, { min: 0, max: 0.9 });
  if (likelihood !== undefined) requireChoice("likelihood", likelihood, PLAIN_LIKELIHOODS);
  if (backend !== undefined) requireChoice("backend", backend, BACKENDS);
  if (determinism !== undefined) requireChoice("determinism", determinism, ["portable", "fast"]);
  if (weights !== undefined) requireChoice("weights", weights, ["f32", "bf16"]);
}

function requireOverrides(schema: readonly ColumnOverride[], likelihood: unknown): void {
  if (likelihood !== undefined && schema.some(({ kind }) => hasLevels(kind))) {
    throw new TypeError(
      "Cannot read schema: a table with categorical, ordinal or binary columns takes no likelihood",
    );
  }
  parseOverrides("schema", schema);
}

function requireMissing(missing: unknown): void {
  // As a file must list them, or the trained model could not be read.
  requireLevels("missing", Array.isArray(missing) ? [...new Set(missing)] : missing);
}

function requireStatistics(statistics: unknown): void {
  if (statistics === undefined) return;
  if (!Array.isArray(statistics) || statistics.length === 0) {
    throw new TypeError(`Cannot read statistics: expected a list of ${STATISTIC_NAMES.join(", ")}`);
  }
  for (const each of statistics) requireChoice("statistics", each, STATISTIC_NAMES);
}

/** Maximum share of the training rows: if anomalies are the majority, they cannot be told from normal rows. */
export const MAX_TRIMMED_SHARE = 0.5;

/** The share of the training rows to leave out as too unusual. */
export function trimmedShare({ robust = false }: Pick<DetectorOptions, "robust">): number {
  return robust === true ? MAX_TRIMMED_SHARE : Number(robust);
}

/** Options that apply only to a single network, and only to an ensemble. */
const ONLY_SMALL = ["objective", "validation", "earlyStopping"] as const;
const ONLY_ENSEMBLE = ["members", "statistics"] as const;

/** Options that do not apply to a linear fit. */
const ONLY_NETWORKS = [
  ...ONLY_SMALL,
  "hidden",
  "members",
  "statistics",
  "epochs",
  "batchSize",
  "optimizer",
  "calibration",
] as const;

/**
 * The requested preset, or the one that the other options imply.
 * @throws TypeError if an ensemble is requested with an option of a single network, or the reverse
 */
export function presetOf(options: DetectorOptions): Preset {
  const { likelihood = "gaussian" } = options;
  const smallOption = likelihood !== "gaussian"
    ? "likelihood"
    : ONLY_SMALL.find((key) => options[key] !== undefined);
  if (options.preset === "ensemble" && smallOption !== undefined) {
    throw notTaken("ensemble", smallOption, "small");
  }
  const networkOption = smallOption ?? ONLY_NETWORKS.find((key) => options[key] !== undefined);
  const isLinear = options.window !== undefined && networkOption === undefined;
  const preset = options.preset ??
    (isLinear ? "linear" : smallOption === undefined ? "ensemble" : "small");
  if (preset === "linear") {
    // A checkpoint does not select a preset: it is rejected, because a linear fit has nothing to store.
    requireLinear(options, networkOption ?? (options.checkpoint && "checkpoint"));
    return preset;
  }
  const ensembleOption = ONLY_ENSEMBLE.find((key) => options[key] !== undefined);
  if (preset === "ensemble" || ensembleOption === undefined) return preset;
  throw notTaken("small", ensembleOption, "ensemble", options.preset ? undefined : smallOption);
}

/** @param choosing the option that implies the preset, if it was not requested */
function notTaken(preset: Preset, option: string, other: Preset, choosing?: string): OptionError {
  return new OptionError((name) => {
    const chosen = choosing === undefined ? "" : `, which ${name(choosing)} chooses,`;
    const use = `leave it out, or use ${name("preset", other)}`;
    const subject = `${name("preset", preset)}${chosen}`;
    return `Cannot fit detector: ${subject} takes no ${name(option)}: ${use}`;
  });
}

function requireLinear({ window }: DetectorOptions, networkOption: string | undefined): void {
  if (networkOption !== undefined) throw notTaken("linear", networkOption, "small");
  if (window !== undefined) return;
  throw new OptionError((name) =>
    `Cannot fit detector: ${name("preset", "linear")} is for series and needs a ${name("window")}`
  );
}

/** @throws TypeError unless column names are distinct; RangeError if there are none */
export function requireColumns(columns: readonly string[]): void {
  const fault = columnsFault(columns);
  if (fault !== undefined) throw new TypeError(`Cannot fit detector: ${fault}`);
  if (columns.length === 0) {
    throw new RangeError("Cannot fit detector: there are no rows, or the rows have no columns");
  }
}
