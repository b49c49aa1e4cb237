/**
 * Reads DATA of `elbow evaluate` in parts: scores every row to compare it with its label, which takes 16 bytes a row,
 * and keeps as many rows as `train` does for all other figures (ADR 76). Of a series the last rows are kept, and only
 * these are scored.
 */
import { sampleOptions } from "../../detection/rows/row_limit.ts";
import type { Table } from "../../formats/mod.ts";
import { RowSample } from "../../formats/sample/row_sample.ts";
import { GrowingArray } from "../../formats/text/growing_array.ts";
import { renumbered } from "../../trained/renumber.ts";
import { type DataOptions, partsFor } from "../files/data.ts";
import { type LabelOptions, LabelValues } from "../files/labels.ts";
import type { Io } from "../io.ts";
import type { LoadedModel } from "../models/model.ts";
import { columnsOfSteps, layOut, scoresOfRows, type StepsTable } from "../files/steps.ts";
import { detectorFigures, type LabelFigures, labelFigures } from "./label_figures.ts";

/** The options that affect reading. */
interface ReadOptions extends Pick<DataOptions, "header">, LabelOptions {
  readonly maxRows?: number;
  readonly seed?: number;
}

/** The rows that are kept, and the figures of all rows against their labels, if they have any. */
export async function readToEvaluate(
  model: LoadedModel,
  data: string,
  { header, ...given }: ReadOptions,
  io: Io,
): Promise<StepsTable & { readonly label?: LabelFigures }> {
  const { scorer } = model, window = scorer?.window, also = columnsOfSteps(scorer);
  const sample = new RowSample(sampleOptions({ ...given, window }, scorer?.table.by));
  const { label } = given, values = new LabelValues(given);
  const scores = new GrowingArray(), labels = new GrowingArray();
  for await (const part of partsFor(model, data, io, { label, labels: values, also, header })) {
    if (part.label && window === undefined) {
      const before = sample.read;
      const own = await scoresOf(model, part).catch((error) => {
        throw renumbered(error, (row) => before + row);
      });
      own.forEach((score) => scores.push(score));
      part.label.forEach((value) => labels.push(value));
    }
    sample.add(part);
  }
  const read = sample.finish();
  values.finish(read, io);
  const steps: StepsTable = scorer ? await layOut(scorer, read, io) : { table: read };
  const { table, laid } = steps;
  if (!table.label) return steps;
  const figures = scorer && window !== undefined
    ? figuresOf(model, scoresOfRows(scorer, table, laid), table.label)
    : figuresOf(model, scores.values, labels.values);
  return { ...steps, label: figures };
}

/** The model's scores: calibrated ones or, of a bare VAE, its negative ELBO. */
export async function scoresOf({ scorer, vae, units }: LoadedModel, table: Table) {
  return scorer ? scorer.scoreCells(table).scores : await vae.score(units.toVae(table));
}

function figuresOf(
  { scorer }: LoadedModel,
  scores: Float64Array,
  label: Float64Array,
): LabelFigures {
  return scorer ? detectorFigures(scorer, scores, label) : labelFigures(scores, label);
}
