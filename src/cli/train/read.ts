/**
 * DATA of `elbow train`: read as a stream, of which no more rows are kept than train (ADR 67), with a line that says how
 * far it is.
 */
import type { ReadTableOptions, Table } from "../../formats/mod.ts";
import { readParquetSample, readSample } from "../../formats/sample/read_sample.ts";
import { drawOf } from "../../detection/most_rows.ts";
import { openParts, piecesOf } from "../files/input.ts";
import { endingOf } from "../files/files.ts";
import type { Io } from "../io.ts";
import { untilAborted } from "../score/until_aborted.ts";
import type { TrainOptions } from "./option.ts";
import { readingProgress } from "./progress.ts";

/** What is told of a table to train on. */
type ReadOptions =
  & Pick<TrainOptions, "label" | "columns" | "exclude" | "maxRows" | "seed" | "window" | "json">
  & Pick<ReadTableOptions, "cells">;

/** A label that does not say normal or anomaly is kept out all the same. */
export async function readToTrain(path: string, io: Io, given: ReadOptions): Promise<Table> {
  const { label, columns, exclude, cells } = given;
  let isSaid = false;
  const onLabelFault: ReadTableOptions["onLabelFault"] = ({ message }) => {
    if (isSaid) return;
    isSaid = true;
    io.stderr(`elbow: label "${label}" is kept out, and not reported on: ${message}\n`);
  };
  const options = { label, columns, exclude, cells, onLabelFault };
  const progress = await readingProgress(path, io, given.json);
  try {
    const sample = { ...drawOf(given), onRows: progress.onRows };
    if (endingOf(path) === ".parquet") {
      using file = await openParts(path, progress.onBytes);
      return await readParquetSample(path, file, options, sample);
    }
    const pieces = untilAborted(piecesOf(path, io, progress.onBytes), io.signal);
    return await readSample(path, pieces, options, sample);
  } finally {
    progress.end();
  }
}
