/**
 * Reads DATA of `elbow train` as a stream, keeps no more rows than are trained on (ADR 67), and shows its progress.
 */
import type { ReadTableOptions, Table } from "../../formats/mod.ts";
import { sampleOf } from "../../formats/sample/read_sample.ts";
import { sampleOptions } from "../../detection/rows/row_limit.ts";
import { openData } from "../files/input.ts";
import { type Io, note } from "../io.ts";
import type { TrainOptions } from "./option.ts";
import { readingProgress } from "./progress.ts";

/** The options that affect reading. */
type ReadOptions =
  & Pick<
    TrainOptions,
    "label" | "columns" | "exclude" | "maxRows" | "seed" | "window" | "json" | "header"
  >
  & Pick<ReadTableOptions, "cells">;

/** A label column without normal and anomalous values is still kept out. */
export async function readTrainingTable(path: string, io: Io, given: ReadOptions): Promise<Table> {
  const { label, columns, exclude, cells, header } = given;
  let isReported = false;
  const onLabelFault: ReadTableOptions["onLabelFault"] = ({ message }) => {
    if (isReported) return;
    isReported = true;
    note(io, `label "${label}" is kept out but not reported on: ${message}`);
  };
  const options = { label, columns, exclude, cells, onLabelFault };
  const progress = await readingProgress(path, io, given.json);
  try {
    const sample = { ...sampleOptions(given), onRows: progress.onRows };
    return await sampleOf(
      await openData(path, io, { onBytes: progress.onBytes, signal: io.signal, header }),
      options,
      sample,
    );
  } finally {
    progress.end();
  }
}
