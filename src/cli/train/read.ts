/**
 * Reads DATA of `elbow train` as a stream, keeps no more rows than are trained on (ADR 67), and shows its progress.
 */
import type { ReadTableOptions, Table } from "../../formats/mod.ts";
import { sampleOf } from "../../formats/sample/read_sample.ts";
import { missingTextsOf } from "../../detection/columns/declared_missing.ts";
import { type ColumnOverride, keptTexts, readingOf } from "../../detection/columns/infer_schema.ts";
import { withMissing } from "../../formats/text/missing_texts.ts";
import { sampleOptions } from "../../detection/rows/row_limit.ts";
import { openData } from "../files/input.ts";
import { type LabelOptions, LabelValues } from "../files/labels.ts";
import { type Io, note } from "../io.ts";
import type { TrainOptions } from "./option.ts";
import { withFlagNames } from "../text/flag_names.ts";
import { readingProgress } from "../text/progress.ts";

/** The options that affect reading. */
type ReadOptions =
  & LabelOptions
  & Pick<
    TrainOptions,
    "columns" | "exclude" | "maxRows" | "seed" | "window" | "json" | "header" | "missing"
  >
  & {
    /** Declarations; if there are none, cells must be numbers. */
    readonly overrides?: readonly ColumnOverride[];
  };

/** A label column without normal and anomalous values is still kept out. */
export async function readTrainingTable(path: string, io: Io, given: ReadOptions): Promise<Table> {
  const { label, columns, exclude, header, overrides, missing } = given;
  let isReported = false;
  const onLabelFault: ReadTableOptions["onLabelFault"] = ({ message }) => {
    if (isReported) return;
    isReported = true;
    note(io, `label "${label}" is kept out but not reported on: ${withFlagNames(message)}`);
  };
  const labels = new LabelValues(given), cells = overrides && readingOf(overrides);
  const options = { label, parseLabel: labels.parse, columns, exclude, cells, onLabelFault };
  const progress = await readingProgress(path, io, { quiet: given.json });
  let table: Table;
  try {
    const textsOf = missingTextsOf({ missing, schema: overrides });
    const prepare = textsOf && ((part: Table) => withMissing(part, textsOf, keptTexts(overrides)));
    const sample = { ...sampleOptions(given), prepare, onRows: progress.onRows };
    table = await sampleOf(
      await openData(path, io, { onBytes: progress.onBytes, signal: io.signal, header }),
      options,
      sample,
    );
  } finally {
    progress.end();
  }
  if (!isReported) labels.finish(table, io);
  return table;
}
