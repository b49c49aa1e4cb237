/**
 * The schemas of the answers. The OpenAPI document is generated from them, the client's types must match them, and the
 * tests check every answer against them.
 */
import * as v from "npm:valibot@1.5.0";
import { COLUMN_KINDS, formatsOf } from "../../scoring/table/schema.ts";
import { PROBLEMS } from "../answers/problems.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const version = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const digest = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/),
  v.description("SHA-256 of the model file"),
);
const texts = v.array(v.string());
const numbers = v.array(v.number());

/** Which model answered. */
const model = { model: v.string(), version, digest };
/** A model's summary. */
const summary = {
  name: v.string(),
  version,
  digest,
  kind: v.picklist(["detector", "vae"]),
  inputs: count,
  latent: count,
};
const column = v.strictObject({
  name: v.string(),
  kind: v.picklist(COLUMN_KINDS),
  levels: v.optional(v.pipe(texts, v.description("the values that have a code of their own"))),
  format: v.optional(v.picklist([...formatsOf("timestamp"), ...formatsOf("numeric")])),
  missing: v.optional(v.pipe(texts, v.description("cells that stand for missing values"))),
});
const cell = v.nullable(v.union([v.number(), v.string()]));
const rowsOf = v.strictObject({ ...model, columns: texts, rows: v.array(v.array(cell)) });

/** A column to blame, as `explain` reports it. */
const blamed = v.strictObject({
  column: v.string(),
  nats: v.number(),
  value: cell,
  unseen: v.optional(
    v.pipe(
      v.literal(true),
      v.description("of a text that is not a level: new, or rare in training"),
    ),
  ),
  expected: v.pipe(cell, v.description("given the row's other cells")),
  interval: v.optional(
    v.pipe(v.array(v.union([v.number(), v.string()])), v.description("of 95 % of ordinary cells")),
  ),
  probability: v.optional(v.pipe(v.number(), v.description("of the level expected"))),
});

/** A row's verdict; for a bare VAE, only the score. */
const verdict = v.strictObject({
  score: v.pipe(v.number(), v.description("nats, higher is stranger")),
  pValue: v.optional(v.number()),
  anomaly: v.optional(v.boolean()),
  contributions: v.optional(
    v.pipe(v.record(v.string(), v.number()), v.description("nats by column")),
  ),
  blamed: v.optional(v.array(blamed)),
  regret: v.optional(v.pipe(v.number(), v.description("of a flagged row, nats"))),
});
const rate = v.optional(v.number());

const storedVersion = {
  version,
  digest,
  bytes: v.optional(count),
  created: v.optional(v.string()),
  job: v.optional(v.string()),
};
const alias = v.strictObject({
  alias: v.string(),
  model: v.string(),
  version: v.optional(version),
});

const data = v.record(v.string(), v.unknown());
const job = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  kind: v.picklist(["train", "score"]),
  model: v.string(),
  state: v.picklist(["queued", "running", "succeeded", "failed", "cancelled"]),
  created: v.string(),
  started: v.optional(v.string()),
  finished: v.optional(v.string()),
  attempt: v.pipe(count, v.description("how often a worker took it")),
  progress: v.optional(v.record(v.string(), v.number())),
  result: v.optional(data),
  error: v.optional(v.pipe(v.string(), v.description("why it failed"))),
});
const upload = v.strictObject({ name: v.string(), bytes: count, digest, created: v.string() });

const tensor = {
  name: v.string(),
  datatype: v.picklist(["FP64", "BOOL"]),
  shape: v.array(v.pipe(v.number(), v.integer(), v.minValue(-1))),
};

/** By their names in the OpenAPI document. */
export const ANSWERS = {
  Live: v.strictObject({ status: v.literal("live") }),
  Ready: v.strictObject({ status: v.literal("ready"), models: count }),
  Models: v.strictObject({
    models: v.array(v.union([
      v.strictObject(summary),
      v.pipe(
        v.strictObject({ name: v.string(), version, digest, kind: v.literal("damaged") }),
        v.description("the store has no sound bytes of it"),
      ),
    ])),
  }),
  Model: v.strictObject({
    ...summary,
    columns: texts,
    spec: v.record(v.string(), v.unknown()),
    device: v.record(v.string(), v.unknown()),
    schema: v.optional(v.array(column)),
    falseAlarmRate: rate,
    threshold: v.optional(v.number()),
    calibrationRows: v.optional(count),
    warnings: v.optional(texts),
  }),
  Versions: v.strictObject({ model: v.string(), versions: v.array(v.strictObject(storedVersion)) }),
  Stored: v.strictObject({ model: v.string(), ...storedVersion }),
  Alias: alias,
  Aliases: v.strictObject({ aliases: v.array(alias) }),
  Job: job,
  Jobs: v.strictObject({ jobs: v.array(job) }),
  Upload: upload,
  Uploads: v.strictObject({ uploads: v.array(upload) }),
  Encoded: v.strictObject({
    ...model,
    rows: v.array(v.strictObject({ mean: numbers, logVar: numbers })),
  }),
  Rows: rowsOf,
  Scores: v.strictObject({
    ...model,
    falseAlarmRate: rate,
    fdr: rate,
    threshold: v.optional(v.number()),
    rows: v.array(verdict),
  }),
  Verdict: verdict,
  LogLikelihoods: v.strictObject({
    ...model,
    samples: count,
    rows: v.array(v.strictObject({ logLikelihood: v.number() })),
  }),
  Problem: v.strictObject({
    type: v.picklist(Object.keys(PROBLEMS).map((name) => `urn:elbow:problem:${name}`)),
    title: v.string(),
    status: count,
    detail: v.string(),
    errors: v.optional(v.array(v.strictObject({
      pointer: v.pipe(v.string(), v.description("JSON pointer into the body")),
      detail: v.string(),
    }))),
    row: v.optional(v.pipe(count, v.description("of a stream: the line, from 1"))),
    error: v.optional(v.pipe(v.string(), v.description("under /v2: detail once more"))),
  }),
  OipServer: v.strictObject({ name: v.string(), version: v.string(), extensions: texts }),
  OipLive: v.strictObject({ live: v.literal(true) }),
  OipReady: v.strictObject({ ready: v.literal(true) }),
  OipModelReady: v.strictObject({ name: v.string(), ready: v.literal(true) }),
  OipModel: v.strictObject({
    name: v.string(),
    versions: texts,
    platform: v.string(),
    inputs: v.array(v.strictObject(tensor)),
    outputs: v.array(v.strictObject(tensor)),
  }),
  OipAnswer: v.strictObject({
    model_name: v.string(),
    model_version: v.string(),
    id: v.optional(v.string()),
    outputs: v.array(v.strictObject({
      ...tensor,
      parameters: v.optional(v.strictObject({ binary_data_size: count })),
      data: v.optional(v.array(v.union([v.number(), v.boolean()]))),
    })),
  }),
} as const;

export type AnswerName = keyof typeof ANSWERS;
