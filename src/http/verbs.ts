/**
 * What a model can be asked, one entry for each verb: its options, the rows it reads, and the numbers
 * it answers with. The routes, the binary format, the streams and the document come from this table.
 *
 * A verb makes one row of finite numbers for each row that it is given, in order, whatever the rows
 * around it: so rows can be taken in parts. JSON is one way of writing these numbers. Tables answer in the
 * units of their columns. Densities are per such unit too: ln p(x) = ln p(s) + ln |ds/dx| for the
 * standardised row s.
 */
import type * as v from "npm:valibot@1.5.0";
import type { Calibration } from "../scoring/calibration.ts";
import { discover } from "../scoring/false_discovery.ts";
import { hasClosedMoments, hasPrior } from "../models/latents.ts";
import type { ModelSpec } from "../models/spec.ts";
import { latentSize } from "../models/vae_graph.ts";
import { type Matrix, withObserved } from "../scoring/matrix.ts";
import { MOMENT_DRAWS } from "../scoring/moments.ts";
import { type ColumnSchema, hasLevels, nearestLevel } from "../scoring/schema.ts";
import type { Cells } from "../scoring/standardize.ts";
import type { TableScorer } from "../scoring/table_scorer.ts";
import {
  dataUnits,
  densityUnits,
  drawRows,
  isTable,
  latentUnits,
  type Units,
  unitsOf,
  vaeOf,
  vaeUnits,
} from "../scoring/units.ts";
import { requireAnswerSize, type RowText } from "./answers.ts";
import type { Model } from "./catalogue.ts";
import type { Pace } from "./pace.ts";
import { invalid } from "./problems.ts";
import { requireCount } from "./rows.ts";
import { explained, type WhyOptions } from "./explained.ts";
import { bodyReader, numberRow, OPTIONS, type RowSchema, tableRow } from "./schemas.ts";

/** What one request may ask for. */
export interface Limits {
  readonly maxBodyBytes: number;
  readonly maxRows: number;
}

/** A verb made ready for one request. */
export interface Work {
  /** Members of a JSON answer before its rows. */
  readonly head: Readonly<Record<string, unknown>>;
  /** What the numbers of one row of the answer are. */
  readonly columns: readonly string[];
  /** Which of them may be NaN: there is nothing to say. */
  readonly blanks?: readonly boolean[];
  /** Refuses more rows than one request may have. */
  requireRows(rows: number): void;
  /**
   * The numbers of some rows.
   * @param firstRow the index of the first of them
   * @throws NotFiniteError naming the row within these
   */
  run(cells: Cells, firstRow: number, pace: Pace): Promise<Float64Array>;
  /** What the rows of a request decide together, in place: a stream cannot. */
  whole?(data: Float64Array): void;
  readonly text: RowText;
}

export interface Verb {
  readonly summary: string;
  readonly options: v.StrictObjectSchema<v.ObjectEntries, string>;
  /** What its rows must look like; undefined for a verb without rows, which has a `count`. */
  rows(model: Model): Units | undefined;
  /** What a row may be, whatever the model. */
  readonly row: RowSchema;
  /** Checks a JSON body of rows and options. */
  readBody(body: unknown): Readonly<Record<string, unknown>>;
  /** @param options as `options` has checked them */
  work(model: Model, options: Readonly<Record<string, unknown>>, limits: Limits): Work;
}

/** Draws of z that one request may take, for each row that one may have. */
const DRAWS_PER_ROW = 100;

export const VERBS = {
  encode: verb("the posterior of each row: mean and log-variance", OPTIONS.none, (
    model,
    _,
    { maxRows },
  ) => {
    const vae = vaeOf(model), size = latentSize(vae.spec), { toVae } = unitsOf(model);
    const draws = hasClosedMoments(vae.spec) ? 1 : MOMENT_DRAWS;
    return {
      requireRows: (rows) => requireDraws("/rows", rows, draws, maxRows * DRAWS_PER_ROW),
      columns: [...positions("mean", size), ...positions("logVar", size)],
      async run(cells) {
        const { mean, logVar } = await vae.encode(toVae(cells));
        return beside(mean, logVar);
      },
      text: (data, at) =>
        `{"mean":${list(data, at, size)},"logVar":${list(data, at + size, size)}}`,
    };
  }, vaeUnits),

  decode: verb(
    "the expected row for latent variables",
    OPTIONS.none,
    (model) => {
      const { made, schema, fromVae } = unitsOf(model), { toVae } = latentUnits(model);
      return {
        ...rowsOf(made, schema),
        run: async (cells) => fromVae(await vaeOf(model).decode(toVae(cells))).data,
      };
    },
    latentUnits,
    numberRow,
  ),

  reconstruct: verb("the expected row given what the row encodes to", OPTIONS.none, (model) => {
    const { made, schema, fromVae, toVae } = unitsOf(model);
    return {
      ...rowsOf(made, schema),
      run: async (cells) => fromVae(await vaeOf(model).reconstruct(toVae(cells))).data,
    };
  }, vaeUnits),

  sample: verb("new rows", OPTIONS.sample, (model, { seed, mean, condition }) => {
    const { made, schema } = unitsOf(model), vae = vaeOf(model);
    requireCondition(vae.spec, condition);
    if (!hasPrior(vae.spec.latent[0])) {
      throw invalid("", "Cannot sample: the model is an autoencoder, without a prior");
    }
    return {
      ...rowsOf(made, schema),
      async run({ rows }, firstRow) {
        const given = condition && { condition: new Array<number[]>(rows).fill(condition) };
        return drawRows(model, firstRow, rows, { seed, mean, ...given }).data;
      },
    };
  }, () => undefined),

  classify: verb(
    "the probability of each class",
    OPTIONS.none,
    (model) => {
      const vae = vaeOf(model), { toVae } = dataUnits(model), { classifier, condition } = vae.spec;
      if (!classifier) throw invalid("", "Cannot classify: the model has no classifier");
      return {
        ...rowsOf(positions("class", condition)),
        run: async (cells) => Float64Array.from((await vae.classify(toVae(cells))).data),
      };
    },
    dataUnits,
    numberRow,
  ),

  score: verb("how surprising each row is", OPTIONS.score, (model, options) => {
    const { falseAlarmRate, fdr } = options;
    if (falseAlarmRate !== undefined && fdr !== undefined) {
      throw invalid("/fdr", "Cannot keep both rates: give fdr or falseAlarmRate");
    }
    if (!isTable(model)) return plainScores(model, options);
    const scores = explained(model, tableScores(model, falseAlarmRate), options);
    return fdr === undefined ? scores : together(scores, fdr);
  }),

  "log-likelihood": verb(
    "ln p(x) of each row, importance-sampled",
    OPTIONS.logLikelihood,
    (model, { samples, seed }, { maxRows }) => {
      const vae = vaeOf(model), { toVae, logJacobians } = unitsOf(model);
      return {
        head: { samples },
        columns: ["logLikelihood"],
        requireRows: (rows) => requireDraws("/samples", rows, samples, maxRows * DRAWS_PER_ROW),
        async run(cells, firstRow, pace) {
          const steps = vae.evaluateSteps(withObserved(vae.spec, toVae(cells)), {
            samples,
            seed,
            firstRow,
          });
          const { logLikelihood } = await pace.run(steps), slopes = logJacobians(cells);
          return logLikelihood.map((nats, r) => nats + slopes[r]);
        },
        text: (data, at) => `{"logLikelihood":${data[at]}}`,
      };
    },
    densityUnits,
  ),
} as const satisfies Record<string, Verb>;

export type VerbName = keyof typeof VERBS;

/** What an entry of the table says itself; the rest follows. */
type OwnWork = Pick<Work, "columns" | "run" | "text"> & Partial<Work>;

function verb<S extends v.StrictObjectSchema<v.ObjectEntries, string>>(
  summary: string,
  options: S,
  work: (model: Model, options: v.InferOutput<S>, limits: Limits) => OwnWork,
  rows: Verb["rows"] = unitsOf,
  row: RowSchema = tableRow,
): Verb & { readonly options: S } {
  let reader: Verb["readBody"] | undefined;
  return {
    summary,
    options,
    rows,
    row,
    readBody: (body) => (reader ??= bodyReader(options, row))(body),
    work(model, given, limits) {
      requireSingleRows(model);
      const own = work(model, given as v.InferOutput<S>, limits);
      const pointer = rows(model) ? "/rows" : "/count";
      return {
        head: {},
        ...own,
        requireRows(count) {
          requireCount(pointer, count, limits.maxRows);
          requireAnswerSize(pointer, count, own.columns.length);
          own.requireRows?.(count);
        },
      };
    },
  };
}

/** Requests are answered part by part, and a series is more than its parts. */
function requireSingleRows(model: Model): void {
  if (!isTable(model) || model.window === undefined) return;
  throw invalid(
    "",
    "Cannot answer: the rows of the model are the steps of a series, which the library and elbow score take whole",
  );
}

function tableScores(model: TableScorer, falseAlarmRate?: number): OwnWork {
  const rate = falseAlarmRate ?? model.falseAlarmRate, width = model.columns.length;
  const { columns, keys } = layoutOf(model);
  return {
    head: { falseAlarmRate: rate, threshold: thresholdAt(model.calibration, rate) },
    columns,
    async run(cells) {
      if (cells.rows === 1) return scoreOne(model, cells.data, rate);
      const { scores, pValues, contributions } = model.scoreCells(cells);
      const data = new Float64Array(cells.rows * (width + 3));
      for (let r = 0; r < cells.rows; r++) {
        const at = r * (width + 3);
        data[at] = scores[r];
        data[at + 1] = pValues[r];
        data[at + 2] = Number(model.isAnomaly(pValues[r], rate));
        data.set(contributions.subarray(r * width, (r + 1) * width), at + 3);
      }
      return data;
    },
    text(data, at) {
      let blame = "";
      for (let c = 0; c < width; c++) blame += keys[c] + data[at + 3 + c];
      return `{"score":${data[at]},"pValue":${data[at + 1]},"anomaly":${
        data[at + 2] === 1
      },"contributions":{${blame}}}`;
    },
  };
}

/** Flagged by Benjamini and Hochberg's rule over all rows of the request. */
function together(scores: OwnWork, fdr: number): OwnWork {
  const width = scores.columns.length;
  return {
    ...scores,
    head: { fdr },
    whole(data) {
      const pValues = Float64Array.from(
        { length: data.length / width },
        (_, r) => data[r * width + 1],
      );
      const { limit } = discover(pValues, fdr);
      pValues.forEach((p, r) => data[r * width + 2] = Number(p <= limit));
    },
  };
}

interface Layout {
  readonly columns: readonly string[];
  /** What stands before each contribution in JSON. */
  readonly keys: readonly string[];
}

const LAYOUTS = new WeakMap<TableScorer, Layout>();

/** Made once a model. */
function layoutOf(model: TableScorer): Layout {
  const names = model.columns;
  const layout = LAYOUTS.get(model) ?? {
    columns: ["score", "pValue", "anomaly", ...names.map((name) => `contributions.${name}`)],
    keys: names.map((name, c) => `${c > 0 ? "," : ""}${JSON.stringify(name)}:`),
  };
  LAYOUTS.set(model, layout);
  return layout;
}

/** A row by itself, without the matrices that many rows need. */
function scoreOne(model: TableScorer, row: Float64Array, rate: number): Float64Array {
  const data = new Float64Array(row.length + 3);
  // The score and the p-value before the contributions; a truth value goes between.
  model.scoreInto(row, data.subarray(1));
  data[0] = data[1];
  data[1] = data[2];
  data[2] = Number(model.isAnomaly(data[1], rate));
  return data;
}

interface ScoreOptions extends WhyOptions {
  readonly falseAlarmRate?: number;
  readonly fdr?: number;
}

function plainScores(model: Model, { falseAlarmRate, fdr, explain }: ScoreOptions): OwnWork {
  if (falseAlarmRate !== undefined || fdr !== undefined) {
    throw invalid("/falseAlarmRate", "Cannot keep a false-alarm rate: the model has none to keep");
  }
  if (explain !== undefined) {
    throw invalid("/explain", "Cannot explain: the model is a bare VAE and blames no column");
  }
  const { toVae } = unitsOf(model), vae = vaeOf(model);
  return {
    columns: ["score"],
    async run(cells) {
      if (cells.rows > 1) return vae.score(toVae(cells));
      // Without the matrices that many rows need.
      const score = new Float64Array(1);
      vae.scoreInto(toVae(cells).data, score);
      return score;
    },
    text: (data, at) => `{"score":${data[at]}}`,
  };
}

/** Answers whose rows are rows of the table: with texts for levels, and null for times, which have no way back. */
function rowsOf(
  columns: readonly string[],
  schema?: readonly ColumnSchema[],
): Pick<Work, "head" | "columns" | "blanks" | "text"> {
  const head = { columns }, width = columns.length;
  if (!schema?.some(({ kind }) => hasLevels(kind) || kind === "timestamp")) {
    return { head, columns, text: (data, at) => list(data, at, width) };
  }
  const cellOf = (value: number, { levels }: ColumnSchema) =>
    Number.isNaN(value) ? null : levels ? nearestLevel(levels, value) ?? null : value;
  return {
    head,
    columns,
    blanks: schema.map(({ kind }) => kind === "timestamp"),
    text: (data, at) => JSON.stringify(schema.map((column, c) => cellOf(data[at + c], column))),
  };
}

function list(data: Float64Array, at: number, count: number): string {
  return `[${data.subarray(at, at + count).join(",")}]`;
}

function positions(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name}${i}`);
}

/** Two matrices of as many rows, side by side. */
function beside(left: Matrix, right: Matrix): Float64Array {
  const [rows, width] = left.shape;
  const data = new Float64Array(2 * rows * width);
  for (let r = 0; r < rows; r++) {
    data.set(left.data.subarray(r * width, (r + 1) * width), 2 * r * width);
    data.set(right.data.subarray(r * width, (r + 1) * width), (2 * r + 1) * width);
  }
  return data;
}

/** The same condition for all draws of a request. */
function requireCondition({ condition: columns }: ModelSpec, given?: readonly number[]): void {
  if ((given?.length ?? 0) === columns) return;
  throw invalid(
    "/condition",
    `Cannot draw rows: condition must be ${columns === 0 ? "absent" : `${columns} numbers`}: ` +
      `current value is ${given === undefined ? "absent" : `${given.length} numbers`}`,
  );
}

function requireDraws(pointer: string, rows: number, samples: number, maxDraws: number): void {
  if (rows * samples <= maxDraws) return;
  throw invalid(
    pointer,
    `Cannot take more than ${maxDraws} draws in one request: current value is ${rows} rows of ${samples}`,
  );
}

function thresholdAt(calibration: Calibration, falseAlarmRate: number): number {
  try {
    return calibration.threshold(falseAlarmRate);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid("/falseAlarmRate", error.message);
  }
}
