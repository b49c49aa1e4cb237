/**
 * What the client sends and gets, written out, as public types must be. They are the types of the schemas
 * that the server checks bodies with and that the tests hold its answers to: `http/answer_schemas.ts` and
 * tests/http/client_types_test.ts do not compile if they differ.
 */
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import type { PlainLikelihoodInput } from "../../distributions/likelihoods/options.ts";

/** Which model answered. */
export interface Answered {
  /** Its name, also where an alias was asked. */
  readonly model: string;
  /** Its version. */
  readonly version: number;
  /** SHA-256 of its file, 64 hexadecimal digits. */
  readonly digest: string;
}

/** A model in short. */
export interface ModelSummary {
  /** The name it is served under. */
  readonly name: string;
  /** The version that is served. */
  readonly version: number;
  /** SHA-256 of its file. */
  readonly digest: string;
  /** A detector has columns and a calibration; a VAE has not. */
  readonly kind: "detector" | "vae";
  /** Columns. */
  readonly inputs: number;
  /** Latent dimensions. */
  readonly latent: number;
}

/** A model that cannot be loaded: the store has no sound bytes of it. */
export interface DamagedModel extends Omit<ModelSummary, "kind" | "inputs" | "latent"> {
  /** Always the same. */
  readonly kind: "damaged";
}

/** All that is known of a model; the optional members are a detector's. */
export interface ModelDescription extends ModelSummary {
  /** Names, in order. */
  readonly columns: readonly string[];
  /** What the model is. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** What it runs on. */
  readonly device: Readonly<Record<string, unknown>>;
  /** What the columns hold, in order, and which values of those with levels have a code of their own. */
  readonly schema?: readonly ColumnSchema[];
  /** The share of normal rows that may be flagged. */
  readonly falseAlarmRate?: number;
  /** The score that a row must exceed to be flagged, nats. */
  readonly threshold?: number;
  /** Rows kept back from training. */
  readonly calibrationRows?: number;
  /** What a user should know of the fit. */
  readonly warnings?: readonly string[];
}

/** One version of a model. */
export interface VersionInfo {
  /** Its number. */
  readonly version: number;
  /** SHA-256 of its file. */
  readonly digest: string;
  /** Size of its file, where there is a file. */
  readonly bytes?: number;
  /** When it was stored, ISO 8601. */
  readonly created?: string;
  /** The job that trained it. */
  readonly job?: string;
}

/** What an alias means. */
export interface AliasTarget {
  /** The model. */
  readonly model: string;
  /** One of its versions; the latest if none is named. */
  readonly version?: number;
}

/** An alias. */
export interface AliasInfo extends AliasTarget {
  /** The second name. */
  readonly alias: string;
}

/** The verdict on a row; a bare VAE gives the score alone. */
export interface Verdict {
  /** Nats; higher is stranger. */
  readonly score: number;
  /** The share of normal rows that would score as high. */
  readonly pValue?: number;
  /** Whether the p-value is at most the false-alarm rate. */
  readonly anomaly?: boolean;
  /** Nats by column; they sum to the score. */
  readonly contributions?: Readonly<Record<string, number>>;
  /** The columns to blame, those blamed most first, where `explain` was given. */
  readonly blamed?: readonly Blamed[];
}

/** A column to blame. */
export interface Blamed {
  /** Its name. */
  readonly column: string;
  /** What it adds to the score. */
  readonly nats: number;
  /** What the row holds: a number, a level or a time; null if missing or of no known level. */
  readonly value: number | string | null;
  /** True of a text that is no level: no training row had it, or few. */
  readonly unseen?: true;
  /** What the row's other cells let expect; null of a time. */
  readonly expected: number | string | null;
  /** Where 95 % of ordinary cells would lie beside these others; of what has an order. */
  readonly interval?: readonly (number | string)[];
  /** Of the level expected. */
  readonly probability?: number;
}

/** The verdicts on rows. */
export interface ScoresAnswer extends Answered {
  /** The rate that held for this request. */
  readonly falseAlarmRate?: number;
  /** The share of flagged rows that may be normal, where it was asked for. */
  readonly fdr?: number;
  /** The score that a row must exceed to be flagged. */
  readonly threshold?: number;
  /** One for each row, in order. */
  readonly rows: readonly Verdict[];
}

/** Rows of a table. */
export interface RowsAnswer extends Answered {
  /** Names, in order. */
  readonly columns: readonly string[];
  /** In the units of the columns, levels as text, times null; of `classify` probabilities. */
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
  /** Draws for each row. */
  readonly samples: number;
  /** Nats. */
  readonly rows: readonly { readonly logLikelihood: number }[];
}

/** What went wrong, as the server says it (RFC 9457). */
export interface ProblemDetails {
  /** `urn:elbow:problem:…` */
  readonly type: string;
  /** The same for all problems of the type. */
  readonly title: string;
  /** HTTP status. */
  readonly status: number;
  /** What is wrong this time. */
  readonly detail: string;
  /** The fields that are to blame. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  /** Of a stream: the row, from 1. */
  readonly row?: number;
  /** Under /v2: the detail once more. */
  readonly error?: string;
}

/** A job as it stands. */
export interface JobInfo {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** What is done. */
  readonly kind: "train" | "score";
  /** The model that it makes, or asks. */
  readonly model: string;
  /** The last three are ends. */
  readonly state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  /** ISO 8601, as the other times. */
  readonly created: string;
  /** When a worker first took it. */
  readonly started?: string;
  /** When it ended. */
  readonly finished?: string;
  /** How often a worker took it. */
  readonly attempt: number;
  /** What its worker said last. */
  readonly progress?: Readonly<Record<string, number>>;
  /** Of a success: the model's version and digest, and more. */
  readonly result?: Readonly<Record<string, unknown>>;
  /** Why it failed. */
  readonly error?: string;
}

/** Something that happened to a job. */
export interface JobEventInfo {
  /** Ascending. */
  readonly id: number;
  /** What happened; the last three are ends. */
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

/** A file to train on. */
export interface UploadInfo {
  /** With the extension that says its format. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** SHA-256, 64 hexadecimal digits. */
  readonly digest: string;
  /** When it was stored, ISO 8601. */
  readonly created: string;
}

/** What the client's methods give, by the names of the OpenAPI document. */
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
  /** Anything that is no success. */
  readonly Problem: ProblemDetails;
}

/** What a training job may change of the detector's defaults. */
export interface TrainRequest {
  /** Of rows: their names. Of an upload: those to keep, in this order. */
  readonly columns?: string[];
  /** A column of an upload that is left out. */
  readonly label?: string;
  /** "small", one network, or "ensemble": the best scores, in ten times its time and file. */
  readonly preset?: "small" | "ensemble";
  /** The share of normal rows that may be flagged; 0.01. */
  readonly falseAlarmRate?: number;
  /** In place of a detector: the model, of the values as they are; `ModelSpecInput`, or by type "ppca", "factorAnalysis". */
  readonly spec?: { [key: string]: unknown };
  /** What to train for: `ObjectiveInput`. */
  readonly objective?: { [key: string]: unknown };
  /** Fixes everything random; 0. */
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
  /** The share of rows kept back to report their ELBO. */
  readonly validation?: number;
  /** Stops once validation is no better for so many epochs. */
  readonly patience?: number;
  /** "portable" trains to the same bytes on every machine. */
  readonly determinism?: "fast" | "portable";
  /** The rows hold anomalies: leave out this share of those that train, at most 0.5, which is also what true is. */
  readonly robust?: boolean | number;
}

/** Options of `score`. */
export interface ScoreRequest {
  /** For this request alone. */
  readonly falseAlarmRate?: number;
  /** In its place, not for streams: the share of the flagged rows that may be normal. */
  readonly fdr?: number;
  /** Explain so many columns of each row: what was to be expected of them. */
  readonly explain?: number;
  /** With `explain`: credit columns with what they add beyond what the others explain. */
  readonly conditional?: boolean;
  /** Of a bare VAE: "elbo", both parts of it, or one of them alone. */
  readonly method?: "elbo" | "reconstruction" | "kl";
}

/** Options of `scoreUpload`. */
export interface ScoreJobRequest {
  /** In the place of the model's own. */
  readonly falseAlarmRate?: number;
}

/** Options of `sample`, beside the count. */
export interface SampleRequest {
  /** Another one gives other rows; 0. */
  readonly seed?: number;
  /** Without the noise of the likelihood. */
  readonly mean?: boolean;
  /** A conditional model's condition, the same for all rows. */
  readonly condition?: number[];
}

/** Options of `logLikelihood`. */
export interface LogLikelihoodRequest {
  /** Draws for each row; 100. */
  readonly samples?: number;
  /** Fixes the draws; 0. */
  readonly seed?: number;
}
