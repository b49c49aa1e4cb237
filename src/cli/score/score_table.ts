/** Reads a table whole and scores it. */
import { decide, type Decision, thresholdFor } from "../../scoring/decisions/decide.ts";
import { spanMeans, spansOf } from "../../scoring/series/windows.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { ExplainOptions } from "../../scoring/explain/explainer.ts";
import type { ScoreTable, TableScorer } from "../../scoring/table_scorer.ts";
import type { LaidOut } from "../../detection/series/clock.ts";
import { takeCells } from "../../scoring/table/take_cells.ts";
import { readDataFor } from "../files/data.ts";
import { columnsOfSteps, filledWindows, layOut, type StepsTable, vaeRows } from "../files/steps.ts";
import type { Io } from "../io.ts";
import type { LoadedModel, LoadedRbm } from "../models/model.ts";
import { openSecondLook, type ScoreSettings } from "./cell_scorer.ts";
import { explainFlagged, type FlaggedRows } from "./explained.ts";
import { type ScoreFlags, settingsOf } from "./options.ts";
import { NO_VERDICT, scoredRow, type ScoredTable } from "./scored.ts";
import { withTrainableVae } from "./trainable_vae.ts";

export async function scoreTable(
  model: LoadedModel | LoadedRbm,
  data: string,
  options: ScoreFlags,
  io: Io,
): Promise<ScoredTable> {
  const { scorer, units } = model;
  if (options.method !== undefined) {
    if (!model.rbm) return await scoreByName(model, data, options, io);
    throw new TypeError("Cannot score by --method: a Boltzmann machine has only its free energy");
  }
  const { falseAlarmRate, fdr, tail, minConfidence, secondLook } = options;
  const deciding = [falseAlarmRate, fdr, tail, minConfidence, secondLook];
  if (!scorer && deciding.some((each) => each !== undefined)) {
    throw new TypeError(
      `Cannot flag rows: ${model.path} is a ${bareName(model)} without calibration`,
    );
  }
  const settings = scorer && settingsOf(scorer, options);
  const threshold = scorer && fdr === undefined
    ? thresholdFor(scorer.calibration, settings!)
    : undefined;
  const also = columnsOfSteps(scorer);
  const read = await readDataFor(model, data, io, { ...options, also });
  const { table, laid } = scorer ? await layOut(scorer, read, io) : { table: read };
  if (scorer && settings) {
    const { results, explained } = laid ? scoreLaidOut(scorer, laid) : scoreRows(scorer, table);
    const decision = decide(scorer.calibration, results.scores, settings);
    const why = settings.explain && explained(decision, settings.explain);
    const regrets = await regretsOf(scorer, table, decision, settings, io.signal);
    const shown = { ...results, ...why, regrets };
    const row = (index: number) => scoredRow(shown, decision, index, units.columns);
    return { table, scores: results.scores, settings, decision, threshold, row };
  }
  const scores = await (model.rbm ?? model.vae).score(units.toVae(table));
  const bare = bareName(model);
  return {
    table,
    scores,
    bare,
    row: (index) => ({ row: index + 1, score: scores[index], ...NO_VERDICT }),
  };
}

/** The scores of some rows, and why some of them are flagged. */
interface Scores {
  readonly results: ScoreTable;
  readonly explained: (decision: Decision, options: ExplainOptions) => FlaggedRows;
}

function scoreRows(scorer: TableScorer, cells: Cells): Scores {
  const results = scorer.scoreCells(cells);
  return {
    results,
    explained: (decision, options) => explainFlagged(scorer, cells, results, decision, options),
  };
}

/** Scores all steps, missing ones too, and keeps those that a table has. */
function scoreLaidOut(scorer: TableScorer, { cells, places }: LaidOut): Scores {
  const all = scoreRows(scorer, cells), width = scorer.columns.length;
  const taken = (data: Float64Array, columns: number) =>
    takeCells({ data, rows: cells.rows }, columns, places).data;
  const { scores, pValues, contributions } = all.results;
  const rowAt = new Map(Array.from(places, (place, r) => [place, r]));
  return {
    results: {
      scores: taken(scores, 1),
      pValues: taken(pValues, 1),
      contributions: taken(contributions, width),
    },
    explained(decision, options) {
      const verdict = (place: number) => {
        const r = rowAt.get(place);
        return r === undefined ? "normal" : decision.verdict(r);
      };
      const why = all.explained({ ...decision, verdict }, options);
      const blamed = Array.from(
        why.blamed,
        ([place, columns]) => [rowAt.get(place)!, columns] as const,
      );
      return { contributions: taken(why.contributions, width), blamed: new Map(blamed) };
    },
  };
}

async function regretsOf(
  scorer: TableScorer,
  { data, rows }: Cells,
  { verdict }: Decision,
  settings: ScoreSettings,
  signal: AbortSignal,
): Promise<Float64Array | undefined> {
  const second = await openSecondLook(scorer, settings);
  try {
    return await second?.regrets({ data, rows }, (r) => verdict(r) === "anomaly", signal);
  } finally {
    second?.dispose();
  }
}

function bareName({ rbm }: LoadedModel | LoadedRbm): string {
  return rbm ? "Boltzmann machine" : "bare VAE";
}

/** Scores that the network alone computes and that were never calibrated. */
async function scoreByName(
  model: LoadedModel,
  data: string,
  { method, reference, header }: ScoreFlags,
  io: Io,
): Promise<ScoredTable> {
  const { scorer, units } = model, window = scorer?.window, also = columnsOfSteps(scorer);
  const stepsOf = async (path: string): Promise<StepsTable> => {
    const read = await readDataFor(model, path, io, { header, also });
    return scorer ? await layOut(scorer, read, io) : { table: read };
  };
  const { table, laid } = await stepsOf(data), cells = laid?.cells ?? table;
  const x = units.toVae(cells);
  const known = reference === undefined ? undefined : vaeRows(model, await stepsOf(reference)).x;
  const ofRows = await withTrainableVae(
    model.vae,
    (vae) =>
      vae.score(window === undefined ? x : filledWindows(vae, x, window), {
        method,
        ...(known && { reference: known }),
      }),
  );
  const spans = window === undefined ? [] : spansOf(cells, units.columns.length, window);
  const ofSteps = window === undefined ? ofRows : spanMeans(ofRows, spans, 1, window);
  const scores = laid ? Float64Array.from(laid.places, (place) => ofSteps[place]) : ofSteps;
  const row = (index: number) => ({ row: index + 1, score: scores[index], ...NO_VERDICT });
  return { table, scores, method, row };
}
