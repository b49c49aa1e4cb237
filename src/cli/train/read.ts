/**
 * Reads DATA of `elbow train` as a stream, keeps no more rows than are trained on (ADR 67), and shows its progress.
 */
import type { ReadTableOptions, Table } from "../../formats/mod.ts";
import { type ColumnOverride, readingOf } from "../../detection/columns/infer_schema.ts";
import { readTrainingFile } from "../../detection/rows/read_training_file.ts";
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
    "columns" | "exclude" | "maxRows" | "seed" | "window" | "by" | "json" | "header" | "missing"
  >
  & {
    /** Declarations; if there are none, cells must be numbers. */
    readonly overrides?: readonly ColumnOverride[];
  };

/** A label column without normal and anomalous values is still kept out. */
export async function readTrainingTable(path: string, io: Io, given: ReadOptions): Promise<Table> {
  const { label, columns, exclude, header, overrides } = given;
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
    const reads = { onBytes: progress.onBytes, signal: io.signal, header };
    const open = await openData(path, io, reads);
    const kept = { ...given, schema: overrides, onRows: progress.onRows };
    table = await readTrainingFile(open, options, kept);
  } finally {
    progress.end();
  }
  if (!isReported) labels.finish(table, io);
  return table;
}
