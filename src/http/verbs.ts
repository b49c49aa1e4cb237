/**
 * What a model can be asked, one entry for each verb: the schema of its body, and its answer. The
 * routes come from this table.
 *
 * Every answer holds `rows`, one entry per row, in order; all numbers are finite. Tables answer in
 * the units of their columns. Densities are per such unit too: ln p(x) = ln p(s) + ln |ds/dx| for
 * the standardised row s.
 */
import type * as v from "npm:valibot@1.5.0";
import type { Calibration } from "../scoring/calibration.ts";
import { latentSize } from "../models/vae_graph.ts";
import { NotFiniteError } from "../scoring/finite.ts";
import type { Matrix } from "../scoring/matrix.ts";
import { type Answer, listsOf, requireAnswerSize, requireFinite } from "./answers.ts";
import { invalid } from "./problems.ts";
import { readRows, requireCount } from "./rows.ts";
import { checkBody, logLikelihoodBody, rowsBody, sampleBody, scoreBody } from "./schemas.ts";
import type { Model } from "./store.ts";
import { isTable, latentUnits, type Units, unitsOf, vaeOf } from "../scoring/units.ts";

/** What one request may ask for. */
export interface Limits {
  readonly maxBodyBytes: number;
  readonly maxRows: number;
}

export interface Verb {
  readonly schema: v.GenericSchema;
  /** @throws Problem for a body that does not fit the schema, the model or the limits */
  answer(model: Model, body: unknown, limits: Limits): Promise<Answer>;
}

/** Draws of z that one request may take, for each row that one may have. */
const DRAWS_PER_ROW = 100;

export const VERBS: Readonly<Record<string, Verb>> = {
  encode: verb(rowsBody, async (model, { rows }, limits) => {
    const vae = vaeOf(model);
    requireAnswerSize("/rows", rows.length, 2 * latentSize(vae.spec));
    const { mean, logVar } = await vae.encode(readMatrix(rows, unitsOf(model), limits));
    const logVars = listsOf(logVar.data, rows.length);
    return {
      rows: listsOf(mean.data, rows.length).map((mean, r) => ({ mean, logVar: logVars[r] })),
    };
  }),

  decode: verb(rowsBody, async (model, { rows }, limits) => {
    const { columns, fromVae } = unitsOf(model);
    requireAnswerSize("/rows", rows.length, columns.length);
    const mean = await vaeOf(model).decode(readMatrix(rows, latentUnits(model), limits));
    return { columns, rows: listsOf(fromVae(mean).data, rows.length) };
  }),

  reconstruct: verb(rowsBody, async (model, { rows }, limits) => {
    const units = unitsOf(model);
    const mean = await vaeOf(model).reconstruct(readMatrix(rows, units, limits));
    return { columns: units.columns, rows: listsOf(units.fromVae(mean).data, rows.length) };
  }),

  sample: verb(sampleBody, async (model, { count, ...options }, { maxRows }) => {
    const { columns, fromVae } = unitsOf(model);
    requireCount("/count", count, maxRows);
    requireAnswerSize("/count", count, columns.length);
    const drawn = await vaeOf(model).sample(count, options);
    return { columns, rows: listsOf(fromVae(drawn).data, count, "/count") };
  }),

  score: verb(scoreBody, async (model, { rows, falseAlarmRate }, { maxRows }) => {
    const units = unitsOf(model);
    const { data, rows: count } = readRows(rows, units, maxRows);
    const x = { data, shape: [count, units.columns.length] as const };
    if (isTable(model)) {
      const rate = falseAlarmRate ?? model.falseAlarmRate;
      const threshold = thresholdAt(model.calibration, rate);
      const verdicts = (await model.score(x)).map((verdict) => ({
        ...verdict,
        anomaly: model.isAnomaly(verdict.pValue, rate),
      }));
      return { falseAlarmRate: rate, threshold, rows: verdicts };
    }
    if (falseAlarmRate !== undefined) {
      throw invalid(
        "/falseAlarmRate",
        "Cannot keep a false-alarm rate: the model has none to keep",
      );
    }
    const scores = await model.score(x);
    return { rows: Array.from(scores, (score) => ({ score })) };
  }),

  "log-likelihood": verb(logLikelihoodBody, async (model, { rows, ...options }, limits) => {
    const units = unitsOf(model);
    const x = readMatrix(rows, units, limits);
    requireDraws(rows.length, options.samples, limits.maxRows * DRAWS_PER_ROW);
    const nats = await vaeOf(model).logLikelihood(x, options);
    const inUnits = nats.map((each, r) => requireFinite(each + units.logJacobian, r));
    return {
      samples: options.samples,
      rows: Array.from(inUnits, (logLikelihood) => ({ logLikelihood })),
    };
  }),
};

/** An entry of the table: checks the body, then answers. */
function verb<S extends v.GenericSchema>(
  schema: S,
  answer: (model: Model, body: v.InferOutput<S>, limits: Limits) => Promise<Answer>,
): Verb {
  return {
    schema,
    async answer(model, body, limits) {
      const input = checkBody(schema, body);
      if (vaeOf(model).spec.condition === 0) {
        return await answer(model, input, limits).catch(refuseRow);
      }
      throw invalid("", "Cannot ask a conditional model: bodies hold no condition yet");
    },
  };
}

function readMatrix(rows: readonly unknown[], units: Units, { maxRows }: Limits): Matrix {
  return units.toVae(readRows(rows, units, maxRows));
}

/** The library names the row that leads beyond its numbers: the body is to blame, not the server. */
function refuseRow(error: unknown): never {
  if (error instanceof NotFiniteError && error.row !== undefined) requireFinite(NaN, error.row - 1);
  throw error;
}

function requireDraws(rows: number, samples: number, maxDraws: number): void {
  if (rows * samples <= maxDraws) return;
  throw invalid(
    "/samples",
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
