/** `elbow evaluate --baselines`: simple detectors on the same rows, printed beside the model. */
import { baselineScores } from "../../detection/baselines/mod.ts";
import { sampleOptions } from "../../detection/rows/row_limit.ts";
import type { Table } from "../../formats/mod.ts";
import { numericSchema } from "../../scoring/table/schema.ts";
import { type LabelFigures, labelFigures } from "./label_figures.ts";
import { scoresOf } from "./read.ts";
import { type DataOptions, drawDataFor } from "../files/data.ts";
import { type Io, withStreams } from "../io.ts";
import type { LoadedModel } from "../models/model.ts";
import { counted, type Section } from "../text/text.ts";

/** Figures of each baseline against the label. */
export interface Baselines {
  /** The table they were fitted to. */
  readonly fittedTo: string;
  readonly rows: number;
  /** The model's own figures over the rows that the methods are measured on, if these are drawn from a long table. */
  readonly model?: RankFigures;
  /** Steps of the model's windows; baselines see each row by itself. */
  readonly window?: number;
  readonly methods: readonly (RankFigures & { readonly name: string })[];
}

/** What baselines have, too, which flag no rows. */
type RankFigures = Pick<LabelFigures, "auroc" | "averagePrecision">;

/** @throws TypeError if the table has no label to compare with */
export async function runBaselines(
  model: LoadedModel,
  table: Table,
  { baselines, maxRows, seed = 0, ...reading }: DataOptions & {
    readonly baselines?: string | true;
    readonly maxRows?: number;
    readonly seed?: number;
  },
  io: Io,
): Promise<Baselines> {
  if (!table.label) {
    throw new TypeError("Cannot compare with baselines: needs labels: give --label COLUMN");
  }
  const training = typeof baselines === "string" && baselines !== table.source
    ? await readTraining(model, baselines, reading, { maxRows, seed }, io)
    : table;
  const methods = [];
  const schema = model.scorer?.schema ?? numericSchema(table.columns);
  for (const [name, scores] of baselineScores(training, table, schema, seed)) {
    methods.push({ name, ...rankFigures(scores, table.label) });
  }
  const window = model.scorer?.window;
  return {
    ...{ fittedTo: training.source, rows: training.rows, ...(window && { window }) },
    ...(table.drawn && { model: rankFigures(await scoresOf(model, table), table.label) }),
    methods,
  };
}

function rankFigures(scores: Float64Array, label: Float64Array): RankFigures {
  const { auroc, averagePrecision } = labelFigures(scores, label);
  return { auroc, averagePrecision };
}

/** The table may have the label or not: it is not used. */
async function readTraining(
  model: LoadedModel,
  path: string,
  { label, header }: DataOptions,
  draw: Parameters<typeof sampleOptions>[0],
  io: Io,
): Promise<Table> {
  const quiet = withStreams(io, { stderr() {} });
  try {
    return await drawDataFor(model, path, quiet, sampleOptions(draw), { label, header });
  } catch (error) {
    if (label === undefined) throw error;
    return await drawDataFor(model, path, quiet, sampleOptions(draw), { header });
  }
}

/** Best first, including the model. */
export function baselineSections(
  { baselines, label, model, data }: {
    readonly baselines?: Baselines;
    readonly label?: LabelFigures;
    readonly model: string;
    readonly data: string;
  },
): Section[] {
  if (!baselines || !label) return [];
  const { fittedTo, rows, window, methods } = baselines;
  const all = [{ ...(baselines.model ?? label), name: model }, ...methods]
    .sort((a, b) => (b.auroc ?? 0) - (a.auroc ?? 0));
  const figure = (value: number | null) => value === null ? "-" : value.toFixed(4);
  const fit = fittedTo === data
    ? `the ${
      counted(rows, "row")
    } they are measured on, including anomalies; the model to rows of its own`
    : `${fittedTo} (${counted(rows, "row")})`;
  const single = window === undefined ? "" : " of single rows";
  return [{
    title: `Beside baselines${single} fitted to ${fit}: AUROC, average precision`,
    lines: all.map(({ name, auroc, averagePrecision }) => [
      name,
      `${figure(auroc)}  ${figure(averagePrecision)}`,
    ]),
  }];
}
