/** The body of a training request: what to train on, and which of the detector's defaults to change. */
import * as v from "npm:valibot@1.5.0";
import { PLAIN_LIKELIHOODS } from "../../distributions/likelihood.ts";
import { RATE } from "../../scoring/decisions/rates.ts";
import { listOf, tableRow, whole } from "../schemas.ts";

function share(expected: string, max: number): v.GenericSchema<number> {
  return v.pipe(v.number(expected), v.gtValue(0, expected), v.maxValue(max, expected));
}

const MAX_COLUMNS = 16_384;
const COLUMNS_EXPECTED = `a list of 1 to ${MAX_COLUMNS} names`;
const columns = v.pipe(
  v.array(v.string("a name"), COLUMNS_EXPECTED),
  v.minLength(1, COLUMNS_EXPECTED),
  v.maxLength(MAX_COLUMNS, COLUMNS_EXPECTED),
);
const HIDDEN_EXPECTED = "a list of 1 to 8 widths";
const hidden = v.pipe(
  v.array(whole(1, MAX_COLUMNS), HIDDEN_EXPECTED),
  v.minLength(1, HIDDEN_EXPECTED),
  v.maxLength(8, HIDDEN_EXPECTED),
);
const ROWS_EXPECTED = "a list of at least 10 rows";

const spec = v.record(v.string(), v.unknown(), "a model specification, an object");
const objective = v.record(v.string(), v.unknown(), "an objective, an object with its type");

const MAX_MISSING = 1000, MISSING_EXPECTED = `a list of at most ${MAX_MISSING} texts`;
const missing = v.pipe(
  v.array(v.string("a text"), MISSING_EXPECTED),
  v.maxLength(MAX_MISSING, MISSING_EXPECTED),
);

const ROBUST_EXPECTED = "true, false, or a share above 0 and at most 0.5";

/** Members of the body that are passed to the detector unchanged. */
const settings = {
  preset: v.optional(v.picklist(["small", "ensemble"], '"small" or "ensemble"'), "small"),
  falseAlarmRate: v.optional(share("a number above 0 and below 1", RATE.max)),
  spec: v.optional(spec),
  objective: v.optional(objective),
  seed: v.optional(whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
  hidden: v.optional(hidden),
  latent: v.optional(whole(1, MAX_COLUMNS)),
  likelihood: v.optional(v.picklist(PLAIN_LIKELIHOODS, "a likelihood of a whole table")),
  epochs: v.optional(whole(1, 1e7)),
  batchSize: v.optional(whole(1, 1e6)),
  validation: v.optional(share("a number above 0 and at most 0.9", 0.9)),
  patience: v.optional(whole(1, 1e7)),
  determinism: v.optional(v.picklist(["fast", "portable"], '"fast" or "portable"')),
  missing: v.optional(missing),
  robust: v.optional(v.union([v.boolean(), share(ROBUST_EXPECTED, 0.5)], ROBUST_EXPECTED)),
};

/** Rows or the name of an upload, and the settings. */
export const trainBody = v.strictObject({
  rows: v.optional(v.pipe(listOf(tableRow, ROWS_EXPECTED), v.minLength(10, ROWS_EXPECTED))),
  upload: v.optional(v.string("the name of an upload")),
  header: v.optional(v.boolean("true or false")),
  columns: v.optional(columns),
  label: v.optional(v.string("the name of a column")),
  ...settings,
}, "an object");

/** A body that the schema has checked. */
export type TrainBody = v.InferOutput<typeof trainBody>;
