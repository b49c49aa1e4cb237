/**
 * What a model can be asked, one entry for each verb: the schema of its body, and its answer. The
 * routes come from this table; so will their description.
 *
 * Every answer is `{ model, …, rows }` with one entry per row, in order, and every number is finite.
 */
import type * as v from "npm:valibot@1.5.0";
import { invalid, Problem } from "./problems.ts";
import { type Answer, listsOf, requireAnswerSize, requireFinite } from "./answers.ts";
import { readRows, requireCount } from "./rows.ts";
import { checkBody, logLikelihoodBody, rowsBody, sampleBody, scoreBody } from "./schemas.ts";
import type { Model } from "./store.ts";
import { columnNames, isTable, LATENT_LARGEST, type Units, unitsOf, vaeOf } from "./units.ts";

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

/** Draws of z that `log-likelihood` may take in one request, for each row that one may have. */
const DRAWS_PER_ROW = 100;

export const VERBS: Readonly<Record<string, Verb>> = {
  encode: verb(rowsBody, async (model, { rows }, { maxRows }) => {
    const vae = vaeOf(model), units = unitsOf(model);
    requireAnswerSize("/rows", rows.length, 2 * latentOf(model));
    const { mean, logVar } = await vae.encode(toVae(rows, units, maxRows));
    const means = listsOf(mean.data, rows.length), logVars = listsOf(logVar.data, rows.length);
    return { rows: means.map((mean, r) => ({ mean, logVar: logVars[r] })) };
  }),

  decode: verb(rowsBody, async (model, { rows }, { maxRows }) => {
    const { columns, fromVae } = unitsOf(model);
    const latent = columnNames("z", latentOf(model));
    requireAnswerSize("/rows", rows.length, columns.length);
    const z = readRows(rows, { columns: latent, largest: LATENT_LARGEST, maxRows });
    const shape = [z.rows, latent.length] as const;
    const mean = await vaeOf(model).decode({ data: z.data, shape });
    return { columns, rows: listsOf(fromVae(mean).data, rows.length) };
  }),

  reconstruct: verb(rowsBody, async (model, { rows }, { maxRows }) => {
    const units = unitsOf(model);
    const mean = await vaeOf(model).reconstruct(toVae(rows, units, maxRows));
    return { columns: units.columns, rows: listsOf(units.fromVae(mean).data, rows.length) };
  }),

  sample: verb(sampleBody, async (model, { count, ...options }, { maxRows }) => {
    const { columns, fromVae } = unitsOf(model);
    requireCount("/count", count, maxRows);
    requireAnswerSize("/count", count, columns.length);
    const drawn = await vaeOf(model).sample(count, options);
    return { columns, rows: listsOf(fromVae(drawn).data, count) };
  }),

  score: verb(scoreBody, async (model, { rows, falseAlarmRate }, { maxRows }) => {
    const units = unitsOf(model);
    const { data, rows: count } = readRows(rows, { ...units, maxRows });
    if (isTable(model)) {
      const rate = falseAlarmRate ?? model.falseAlarmRate;
      const threshold = thresholdAt(model.calibration, rate);
      const verdicts = await model.score({ data, shape: [count, units.columns.length] });
      verdicts.forEach(({ score }, r) => requireFinite(score, r));
      const judged = verdicts.map((each) => ({
        ...each,
        anomaly: model.isAnomaly(each.pValue, rate),
      }));
      return { falseAlarmRate: rate, threshold, rows: judged };
    }
    if (falseAlarmRate !== undefined) {
      throw invalid(
        "/falseAlarmRate",
        "Cannot keep a false-alarm rate: the model has no calibration",
      );
    }
    const scores = await model.score({ data, shape: [count, units.columns.length] });
    return { rows: Array.from(scores, (score, r) => ({ score: requireFinite(score, r) })) };
  }),

  "log-likelihood": verb(logLikelihoodBody, async (model, { rows, samples, seed }, { maxRows }) => {
    const units = unitsOf(model);
    if (rows.length * samples > maxRows * DRAWS_PER_ROW) {
      throw invalid(
        "/samples",
        `Cannot take more than ${
          maxRows * DRAWS_PER_ROW
        } draws in one request: current value is ${rows.length} rows of ${samples} samples`,
      );
    }
    const x = toVae(rows, units, maxRows);
    const nats = await vaeOf(model).logLikelihood(x, { samples, seed });
    return {
      samples,
      rows: Array.from(nats, (each, r) => ({
        logLikelihood: requireFinite(each + units.logJacobian, r),
      })),
    };
  }),
};
