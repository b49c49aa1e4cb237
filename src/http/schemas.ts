/**
 * The schemas of bodies and queries. The message of each check says what it expects. Rows are only counted here:
 * `rows/rows.ts` reads their cells, because their width depends on the model.
 */
import * as v from "npm:valibot@1.5.0";
import { show } from "../core/validate.ts";
import { MAX_BLAMED } from "../scoring/explain/explainer.ts";
import { MAX_FLOAT32 } from "../trained/finite.ts";
import { type FieldFault, invalid, pointerStep, Problem } from "./answers/problems.ts";
import { NAME } from "../storage/model_store.ts";

const ROWS_EXPECTED = "a list of at least one row";
/** One row of numbers; the model checks how many. */
export const numberRow = v.unknown();
/** One row of a table; the model checks its cells. */
export const tableRow = v.unknown();
/** The schema of a verb's row. */
export type RowSchema = typeof tableRow;

/**
 * A list of anything, whose items are not visited: there may be millions, and the model checks them.
 * @param item what the OpenAPI document says of an item
 */
export function listOf(
  item: RowSchema,
  expected: string,
): v.ArraySchema<RowSchema, string> {
  const schema = v.array(item, expected), accepted = v.any();
  return {
    ...schema,
    "~run": (dataset, config) =>
      (Array.isArray(dataset.value) ? accepted : schema)["~run"](dataset as never, config),
  };
}

const COUNT_EXPECTED = "a whole number from 1";
const count = v.pipe(
  v.number(COUNT_EXPECTED),
  v.safeInteger(COUNT_EXPECTED),
  v.minValue(1, COUNT_EXPECTED),
);

const SEED_EXPECTED = "a whole number of at most 2^53 - 1";
const seed = v.pipe(v.number(SEED_EXPECTED), v.safeInteger(SEED_EXPECTED));

const FLOAT32_EXPECTED = "a number within float32";
const float32 = v.pipe(
  v.number(FLOAT32_EXPECTED),
  v.minValue(-MAX_FLOAT32, FLOAT32_EXPECTED),
  v.maxValue(MAX_FLOAT32, FLOAT32_EXPECTED),
);

const RATE_EXPECTED = "a number above 0 and below 1";
const rate = v.pipe(
  v.number(RATE_EXPECTED),
  v.gtValue(0, RATE_EXPECTED),
  v.ltValue(1, RATE_EXPECTED),
);

const METHODS = ["elbo", "reconstruction", "kl"] as const;
const METHOD_EXPECTED = '"elbo", "reconstruction" or "kl"';

/** A whole number within limits. */
export function whole(min: number, max: number): v.GenericSchema<number> {
  const expected = `a whole number from ${min} to ${max}`;
  return v.pipe(
    v.number(expected),
    v.safeInteger(expected),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
}

/** The options of a verb besides its rows: members of a JSON body, or of the query. */
export const OPTIONS = {
  none: body({}),
  sample: body({
    count,
    seed: v.optional(seed, 0),
    mean: v.optional(v.boolean("true or false"), false),
    condition: v.optional(v.array(float32, "a list of numbers")),
  }),
  score: body({
    falseAlarmRate: v.optional(rate),
    fdr: v.optional(rate),
    explain: v.optional(whole(1, MAX_BLAMED)),
    conditional: v.optional(v.boolean("true or false")),
    secondLook: v.optional(v.boolean("true or false")),
    method: v.optional(v.picklist(METHODS, METHOD_EXPECTED)),
  }),
  logLikelihood: body({ samples: v.optional(count, 100), seed: v.optional(seed, 0) }),
} as const;

/** A JSON body of rows and options. */
export function withRows<E extends v.ObjectEntries>(
  options: v.StrictObjectSchema<E, string>,
  row: RowSchema,
) {
  const rows = v.pipe(listOf(row, ROWS_EXPECTED), v.minLength(1, ROWS_EXPECTED));
  return body({ rows, ...options.entries });
}

/** A body, or its options, after a schema has checked it. */
export type Checked = Readonly<Record<string, unknown>>;

/**
 * Checks JSON bodies of rows and options. A body of rows alone, as nearly all are, is accepted without the schema,
 * which handles all others.
 */
export interface BodyReader {
  /** The options of a body that sets none; undefined if some are required. */
  readonly defaults?: Checked;
  read(body: unknown): Checked;
}

export function bodyReader(
  options: v.StrictObjectSchema<v.ObjectEntries, string>,
  row: RowSchema,
): BodyReader {
  const whole = withRows(options, row), none = v.safeParse(options, {});
  const defaults = none.success ? none.output as Checked : undefined;
  const read = (body: unknown) => {
    const rows = defaults && rowsAlone(body);
    return rows ? { ...defaults, rows } : checkBody(whole, body) as Checked;
  };
  return { defaults, read };
}

/** The rows of a body that holds nothing else; undefined for any other body. */
function rowsAlone(body: unknown): readonly unknown[] | undefined {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return undefined;
  for (const key in body) if (key !== "rows") return undefined;
  const { rows } = body as { readonly rows?: unknown };
  return Array.isArray(rows) && rows.length > 0 ? rows : undefined;
}

/** The body that asks for an upload to be scored. */
export const scoreJobBody = body({
  upload: v.string("the name of an upload"),
  header: v.optional(v.boolean("true or false")),
  falseAlarmRate: v.optional(rate),
  secondLook: v.optional(v.boolean("true or false")),
});

/** The body that sets an alias. */
export const aliasBody = body({
  model: v.pipe(v.string("a name"), v.regex(NAME, "the name of a model")),
  version: v.optional(count),
});

/**
 * Parses the query as options: each value is read as JSON, so that numbers are numbers.
 * @throws Problem for a repeated key
 */
export function queryOptions(query: URLSearchParams): Record<string, unknown> {
  const options: Record<string, unknown> = Object.create(null);
  for (const [key, text] of query) {
    if (key in options) {
      throw invalid(pointerStep(key), `Cannot read query: ${show(key)} is given twice`);
    }
    options[key] = valueOf(text);
  }
  return options;
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (_error) {
    return text;
  }
}

/** @throws Problem naming every field that is missing, unknown or wrong */
export function checkBody<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  // To valibot a list is an object without the required keys.
  if (Array.isArray(value)) throw invalid("", "Cannot read body: expected an object, not a list");
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const faults = result.issues.map(faultOf);
  throw new Problem("invalid-body", faults[0].detail, { faults });
}

function body<E extends v.ObjectEntries>(entries: E): v.StrictObjectSchema<E, string> {
  return v.strictObject(entries, "an object");
}

function faultOf({ type, expected, message, path, input }: v.BaseIssue<unknown>): FieldFault {
  const keys = path?.map((step) => String(step.key)) ?? [];
  const pointer = keys.map(pointerStep).join("");
  if (/object$/.test(type) && path && expected !== "Object") {
    const fault = expected === "never" ? "unknown key" : "missing key";
    const place = keys.length > 1 ? keys[0] : "body";
    return { pointer, detail: `Cannot read ${place}: ${fault} ${show(keys.at(-1))}` };
  }
  const detail = `Cannot read ${keys[0] ?? "body"}: expected ${message}, got ${show(input)}`;
  return { pointer, detail };
}
