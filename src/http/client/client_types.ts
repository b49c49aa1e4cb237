/**
 * What the client sends and receives, written out because public types must be. `http/openapi/answer_schemas.ts` and
 * tests/http/client_types_test.ts do not compile if these types differ from the schemas that the server checks bodies
 * against and that the tests check its answers against.
 */
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import type { PlainLikelihoodInput } from "../../distributions/likelihoods/options.ts";

/** Which model answered. */
export interface Answered {
  /** Its name, even if an alias was asked. */
  readonly model: string;
  /** Its version. */
  readonly version: number;
  /** SHA-256 of its file, 64 hexadecimal digits. */
  readonly digest: string;
}

/** A model's summary. */
export interface ModelSummary {
  /** The name it is served under. */
  readonly name: string;
  /** The version that is served. */
  readonly version: number;
  /** SHA-256 of its file. */
  readonly digest: string;
  /** A detector has columns and a calibration; a VAE does not. */
  readonly kind: "detector" | "vae";
  /** Number of columns. */
  readonly inputs: number;
  /** Latent dimensions. */
  readonly latent: number;
}

/** A model that cannot be loaded: the store has no intact bytes for it. */
export interface DamagedModel extends Omit<ModelSummary, "kind" | "inputs" | "latent"> {
  /** Marks the model as damaged. */
  readonly kind: "damaged";
}

/** A model in full; only a detector has the optional members. */
export interface ModelDescription extends ModelSummary {
  /** Column names, in order. */
  readonly columns: readonly string[];
  /** The model's specification. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** What it runs on. */
  readonly device: Readonly<Record<string, unknown>>;
  /** What each column holds, in order, and which of its levels have a code of their own. */
  readonly schema?: readonly ColumnSchema[];
  /** The share of normal rows that may be flagged. */
  readonly falseAlarmRate?: number;
  /** The score, in nats, that a row must exceed to be flagged. */
  readonly threshold?: number;
  /** Rows held out from training. */
  readonly calibrationRows?: number;
  /** What a user should know about the fit. */
  readonly warnings?: readonly string[];
}

/** One version of a model. */
export interface VersionInfo {
  /** Its number. */
  readonly version: number;
  /** SHA-256 of its file. */
  readonly digest: string;
  /** Size of its file in bytes, if there is a file. */
  readonly bytes?: number;
  /** When it was stored, ISO 8601. */
  readonly created?: string;
  /** The job that trained it. */
  readonly job?: string;
}

/** What an alias refers to. */
export interface AliasTarget {
  /** The model. */
  readonly model: string;
  /** One of its versions; the latest if omitted. */
  readonly version?: number;
}

/** An alias. */
export interface AliasInfo extends AliasTarget {
  /** The alias itself. */
  readonly alias: string;
}

/** The verdict on a row; for a bare VAE, only the score. */
export interface Verdict {
  /** Nats; higher is stranger. */
  readonly score: number;
  /** The share of normal rows that score at least as high. */
  readonly pValue?: number;
  /** Whether the p-value is at most the false-alarm rate. */
  readonly anomaly?: boolean;
  /** Nats by column; they sum to the score. */
  readonly contributions?: Readonly<Record<string, number>>;
  /** The columns to blame, most blamed first, if `explain` was given. */
  readonly blamed?: readonly Blamed[];
  /** The likelihood regret of a flagged row in nats, if `secondLook` was given. */
  readonly regret?: number;
}

/** A column to blame. */
export interface Blamed {
  /** Its name. */
  readonly column: string;
  /** What it adds to the score. */
  readonly nats: number;
  /** The value in the row: a number, a level or a time; null if missing or an unknown level. */
  readonly value: number | string | null;
  /** True for a text that is not a known level: few or no training rows had it. */
  readonly unseen?: true;
  /** The value expected from the row's other cells; null for a time. */
  readonly expected: number | string | null;
  /** Where 95 % of ordinary cells would lie given the others; for values with an order. */
  readonly interval?: readonly (number | string)[];
  /** The probability of the expected level. */
  readonly probability?: number;
}

/** The verdicts on rows. */
export interface ScoresAnswer extends Answered {
  /** The rate used for this request. */
  readonly falseAlarmRate?: number;
  /** The share of flagged rows that may be normal, if it was asked for. */
  readonly fdr?: number;
  /** The score that a row must exceed to be flagged. */
  readonly threshold?: number;
  /** One for each row, in order. */
  readonly rows: readonly Verdict[];
}

/** Rows of a table. */
export interface RowsAnswer extends Answered {
  /** Column names, in order. */
  readonly columns: readonly string[];
  /** In the units of the columns, levels as text, times as null; for `classify`, probabilities. */
  readonly rows: readonly (readonly (number | string | null)[])[];
}

/** Posteriors. */
export interface EncodedAnswer extends Answered {
  /** Mean and natural logarithm of the variance, for each row. */
  readonly rows: readonly {
    readonly mean: readonly number[];
    readonly logVar: readonly number[];
  }[];
}

/** Importance-sampled likelihoods. */
export interface LogLikelihoodsAnswer extends Answered {
  /** Draws per row. */
  readonly samples: number;
  /** Nats. */
  readonly rows: readonly { readonly logLikelihood: number }[];
}

/** What went wrong (RFC 9457). */
export interface ProblemDetails {
  /** `urn:elbow:problem:…` */
  readonly type: string;
  /** The same for all problems of the type. */
  readonly title: string;
  /** HTTP status. */
  readonly status: number;
  /** What is wrong this time. */
  readonly detail: string;
  /** The fields to blame. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  /** In a stream: the row, from 1. */
  readonly row?: number;
  /** Under /v2: the detail again. */
  readonly error?: string;
}

/** The state of a job. */
export interface JobInfo {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** What it does. */
  readonly kind: "train" | "score";
  /** The model that it trains or scores with. */
  readonly model: string;
  /** The last three are final. */
  readonly state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  /** ISO 8601, like the other times. */
  readonly created: string;
  /** When a worker first took it. */
  readonly started?: string;
  /** When it ended. */
  readonly finished?: string;
  /** How often a worker took it. */
  readonly attempt: number;
  /** Its worker's latest report. */
  readonly progress?: Readonly<Record<string, number>>;
  /** If it succeeded: the model's version and digest, and more. */
  readonly result?: Readonly<Record<string, unknown>>;
  /** Why it failed. */
  readonly error?: string;
}

/** Something that happened to a job. */
export interface JobEventInfo {
  /** Ascending. */
  readonly id: number;
  /** What happened; the last three are final. */
  readonly type:
    | "queued"
    | "running"
    | "progress"
    | "retrying"
    | "succeeded"
    | "failed"
    | "cancelled";
  /** Numbers of the epoch, the result, or the error. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** An uploaded file. */
export interface UploadInfo {
  /** With the extension that gives its format. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** SHA-256, 64 hexadecimal digits. */
  readonly digest: string;
  /** When it was stored, ISO 8601. */
  readonly created: string;
}

/** What the client's methods return, by the names of the OpenAPI document. */
export interface Answers {
  /** GET /v1/models */
  readonly Models: { readonly models: readonly (ModelSummary | DamagedModel)[] };
  /** GET /v1/models/NAME */
  readonly Model: ModelDescription;
  /** GET /v1/models/NAME/versions */
  readonly Versions: { readonly model: string; readonly versions: readonly VersionInfo[] };
  /** PUT /v1/models/NAME */
  readonly Stored: VersionInfo & { readonly model: string };
  /** PUT /v1/aliases/NAME */
  readonly Alias: AliasInfo;
  /** GET /v1/aliases */
  readonly Aliases: { readonly aliases: readonly AliasInfo[] };
  /** GET /v1/jobs */
  readonly Jobs: { readonly jobs: readonly JobInfo[] };
  /** GET /v1/jobs/ID */
  readonly Job: JobInfo;
  /** PUT /v1/uploads/NAME */
  readonly Upload: UploadInfo;
  /** GET /v1/uploads */
  readonly Uploads: { readonly uploads: readonly UploadInfo[] };
  /** encode */
  readonly Encoded: EncodedAnswer;
  /** decode, reconstruct, sample, classify */
  readonly Rows: RowsAnswer;
  /** score */
  readonly Scores: ScoresAnswer;
  /** A line of a stream of scores. */
  readonly Verdict: Verdict;
  /** log-likelihood */
  readonly LogLikelihoods: LogLikelihoodsAnswer;
  /** Any unsuccessful answer. */
  readonly Problem: ProblemDetails;
}

/** How a training job differs from the detector's defaults. */
export interface TrainRequest {
  /** For rows: their column names. For an upload: the columns to keep, in this order. */
  readonly columns?: string[];
  /** Whether a CSV upload starts with a header line (default); without one, its columns are x0, x1, … */
  readonly header?: boolean;
  /** A column of an upload to leave out. */
  readonly label?: string;
  /** "small", one network, or "ensemble": the best scores, at ten times the time and file size. */
  readonly preset?: "small" | "ensemble";
  /** The share of normal rows that may be flagged (default: 0.01). */
  readonly falseAlarmRate?: number;
  /** Trains this model on the raw values, not a detector: `ModelSpecInput`, or type "ppca" or "factorAnalysis". */
  readonly spec?: { [key: string]: unknown };
  /** The objective: `ObjectiveInput`. */
  readonly objective?: { [key: string]: unknown };
  /** Fixes all randomness (default: 0). */
  readonly seed?: number;
  /** Widths of the encoder's hidden layers. */
  readonly hidden?: number[];
  /** Latent dimensions. */
  readonly latent?: number;
  /** What the columns hold. */
  readonly likelihood?: PlainLikelihoodInput["type"];
  /** Passes over the rows. */
  readonly epochs?: number;
  /** Rows per step. */
  readonly batchSize?: number;
  /** The share of rows held out to report their ELBO. */
  readonly validation?: number;
  /** Stops when validation has not improved for this many epochs. */
  readonly patience?: number;
  /** "portable" trains to the same bytes on every machine. */
  readonly determinism?: "fast" | "portable";
  /** Texts, and numbers, that stand for a missing value, such as unknown or -999. */
  readonly missing?: string[];
  /** The rows contain anomalies: leaves out this share of the training rows, at most 0.5; true means 0.5. */
  readonly robust?: boolean | number;
}

/** Options of `score`. */
export interface ScoreRequest {
  /** The rate for this request alone. */
  readonly falseAlarmRate?: number;
  /** Instead of `falseAlarmRate`, and not for streams: the share of flagged rows that may be normal. */
  readonly fdr?: number;
  /** Explains this many columns of each row: what was expected of them. */
  readonly explain?: number;
  /** With `explain`: credits columns with what they add beyond what the others explain. */
  readonly conditional?: boolean;
  /** Gives flagged rows their likelihood regret, if the server offers it. */
  readonly secondLook?: boolean;
  /** For a bare VAE: "elbo", or one of its two parts. */
  readonly method?: "elbo" | "reconstruction" | "kl";
}

/** Options of `scoreUpload`. */
export interface ScoreJobRequest {
  /** Whether a CSV file starts with a header line (default); without one, columns are in the model's order. */
  readonly header?: boolean;
  /** Overrides the model's own rate. */
  readonly falseAlarmRate?: number;
  /** Gives flagged rows their likelihood regret. */
  readonly secondLook?: boolean;
}

/** Options of `sample`, besides the count. */
export interface SampleRequest {
  /** A different seed gives different rows (default: 0). */
  readonly seed?: number;
  /** Omits the noise of the likelihood. */
  readonly mean?: boolean;
  /** A conditional model's condition, the same for all rows. */
  readonly condition?: number[];
}

/** Options of `logLikelihood`. */
export interface LogLikelihoodRequest {
  /** Draws per row (default: 100). */
  readonly samples?: number;
  /** Fixes the draws (default: 0). */
  readonly seed?: number;
}
