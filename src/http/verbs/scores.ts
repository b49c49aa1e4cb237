/** Anomaly scores of rows: from a detector with p-value, verdict and contributions, from a bare model alone. */
import { memoize } from "../../core/memoize.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { Calibration } from "../../scoring/decisions/calibration.ts";
import { discover } from "../../scoring/decisions/false_discovery.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import type { ScoreMethod } from "../../trained/trained_vae.ts";
import { isTable, unitsOf, vaeOf } from "../../scoring/units.ts";
import type { Model } from "../models/catalogue.ts";
import { explained, type ExplainRequest } from "./explained.ts";
import { invalid } from "../answers/problems.ts";
import { RowArena } from "../rows/row_arena.ts";
import { seriesScores } from "./series_scores.ts";
import type { Limits, PartialWork } from "./verb.ts";
import { ANOMALY, CONTRIBUTIONS, P_VALUE } from "./verdict.ts";

/** The work of the verb `score`. */
export function scores(model: Model, options: ScoresRequest, limits: Limits): PartialWork {
  const { falseAlarmRate, fdr, secondLook } = options;
  if (falseAlarmRate !== undefined && fdr !== undefined) {
    throw invalid("/fdr", "Cannot use both rates: give fdr or falseAlarmRate");
  }
  if (!isTable(model)) return plainScores(model, options);
  if (options.method !== undefined) {
    throw invalid("/method", "Cannot use method with a detector: leave it out");
  }
  const why = explained(model, tableScores(model, falseAlarmRate), options);
  if (secondLook && model.window !== undefined) {
    throw invalid("/secondLook", "Cannot take a second look at the steps of a series");
  }
  const own = secondLook ? twice(why, model, limits) : why;
  return fdr === undefined ? own : withFdr(own, fdr);
}

function twice(scores: PartialWork, model: TableScorer, { secondLook, maxRows }: Limits) {
  if (secondLook) return secondLook(scores, model, maxRows);
  throw invalid("/secondLook", "Cannot take a second look: this server was set up without it");
}

function tableScores(model: TableScorer, falseAlarmRate?: number): PartialWork {
  const rate = falseAlarmRate ?? model.falseAlarmRate, width = model.columns.length;
  const { columns, keys } = layoutOf(model), arena = new RowArena();
  const rows = {
    head: { falseAlarmRate: rate, threshold: thresholdAt(model.calibration, rate) },
    columns,
    run(cells: Cells) {
      if (cells.rows === 1 && model.window === undefined) {
        return scoreOne(model, cells.data, rate, arena.allocate(CONTRIBUTIONS + width));
      }
      const { scores, pValues, contributions } = model.scoreCells(cells);
      const data = new Float64Array(cells.rows * (CONTRIBUTIONS + width));
      for (let r = 0, at = 0, from = 0; r < cells.rows; r++) {
        data[at++] = scores[r];
        data[at++] = pValues[r];
        data[at++] = Number(model.isAnomaly(pValues[r], rate));
        for (const end = from + width; from < end;) data[at++] = contributions[from++];
      }
      return data;
    },
    text(data: Float64Array, at: number) {
      let blame = "";
      for (let c = 0; c < width; c++) blame += keys[c] + data[at + CONTRIBUTIONS + c];
      return `{"score":${data[at]},"pValue":${data[at + P_VALUE]},"anomaly":${
        data[at + ANOMALY] === 1
      },"contributions":{${blame}}}`;
    },
  };
  return model.window === undefined
    ? rows
    : { ...rows, ...seriesScores(model, model.window, rate, rows) };
}

/** Flags rows by the Benjamini-Hochberg procedure over the whole request. */
function withFdr(scores: PartialWork, fdr: number): PartialWork {
  const width = scores.columns.length;
  return {
    ...scores,
    head: { fdr },
    decideAll(data) {
      const pValues = Float64Array.from(
        { length: data.length / width },
        (_, r) => data[r * width + P_VALUE],
      );
      const { limit } = discover(pValues, fdr);
      pValues.forEach((p, r) => data[r * width + ANOMALY] = Number(p <= limit));
    },
  };
}

interface Layout {
  readonly columns: readonly string[];
  /** The JSON before each contribution. */
  readonly keys: readonly string[];
}

const layoutOf = memoize((model: TableScorer): Layout => {
  const names = model.columns;
  return {
    columns: ["score", "pValue", "anomaly", ...names.map((name) => `contributions.${name}`)],
    keys: names.map((name, c) => `${c > 0 ? "," : ""}${JSON.stringify(name)}:`),
  };
});

/** Scores one row without the matrices that many rows need. */
function scoreOne(
  model: TableScorer,
  row: Float64Array,
  rate: number,
  data: Float64Array,
): Float64Array {
  // `scoreInto` writes score, p-value, contributions. The first two move back one place: the verdict goes after them.
  model.scoreInto(row, data.subarray(1));
  data[0] = data[1];
  data[P_VALUE] = data[2];
  data[ANOMALY] = Number(model.isAnomaly(data[P_VALUE], rate));
  return data;
}

interface ScoresRequest extends ExplainRequest {
  readonly falseAlarmRate?: number;
  readonly fdr?: number;
  readonly secondLook?: boolean;
  readonly method?: ScoreMethod;
}

function plainScores(
  model: Model,
  { falseAlarmRate, fdr, explain, secondLook, method = "elbo" }: ScoresRequest,
): PartialWork {
  const flagging = Object.entries({ falseAlarmRate, fdr, secondLook }).find(([, value]) => value);
  if (flagging) throw invalid(`/${flagging[0]}`, "Cannot flag rows: a bare VAE has no calibration");
  if (explain !== undefined) {
    throw invalid(
      "/explain",
      "Cannot explain: the model is a bare VAE, which does not blame columns",
    );
  }
  const { toVae, columns } = unitsOf(model), vae = vaeOf(model);
  const float32Row = new Float32Array(columns.length);
  return {
    columns: ["score"],
    run(cells) {
      if (cells.rows > 1 || method !== "elbo") return vae.score(toVae(cells), { method });
      // Avoids the matrices that many rows need.
      const score = new Float64Array(1);
      // A loop, because `set` leaves the engine's own code if the types differ.
      for (let c = 0; c < float32Row.length; c++) float32Row[c] = cells.data[c];
      vae.scoreInto(float32Row, score);
      return score;
    },
    text: (data, at) => `{"score":${data[at]}}`,
  };
}

function thresholdAt(calibration: Calibration, falseAlarmRate: number): number {
  try {
    return calibration.threshold(falseAlarmRate);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid("/falseAlarmRate", error.message);
  }
}
