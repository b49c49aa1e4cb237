/**
 * DATA of `elbow train`: read as a stream, of which no more rows are kept than train (ADR 67), with a line that says how
 * far it is.
 */
import type { ReadTableOptions, Table } from "../../formats/mod.ts";
import { readParquetSample, readSample } from "../../formats/sample/read_sample.ts";
import type { SampleOptions } from "../../formats/sample/row_sample.ts";
import { openParts, piecesOf } from "../files/input.ts";
import { endingOf } from "../files/files.ts";
import type { Io } from "../io.ts";
import { untilAborted } from "../score/until_aborted.ts";
import type { TrainOptions } from "./options.ts";
import { readingProgress } from "./progress.ts";

/** By default no more rows train: an ensemble takes 12,000 and calibrates on 10,000 at most. */
const MOST_ROWS = 1_000_000;

/** Nor more cells: half a gibibyte. */
const MOST_CELLS = 2 ** 26;

/** What is told of a table to train on. */
type ReadOptions =
  & Pick<TrainOptions, "label" | "columns" | "exclude" | "maxRows" | "seed" | "window" | "json">
  & Pick<ReadTableOptions, "cells">;

/** A label that does not say normal or anomaly is kept out all the same. */
export async function readToTrain(path: string, io: Io, given: ReadOptions): Promise<Table> {
  const { label, columns, exclude, cells, maxRows, seed, window } = given;
  let isSaid = false;
  const onLabelFault: ReadTableOptions["onLabelFault"] = ({ message }) => {
    if (isSaid) return;
    isSaid = true;
    io.stderr(`elbow: label "${label}" is kept out, and not reported on: ${message}\n`);
  };
  const options = { label, columns, exclude, cells, onLabelFault };
  const sample: SampleOptions = {
    most: (width) => maxRows ?? Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_CELLS / width))),
    seed,
    latest: window !== undefined,
  };
  const progress = await readingProgress(path, io, given.json);
  try {
    const told = { ...sample, onRows: progress.onRows };
    if (endingOf(path) === ".parquet") {
      using file = await openParts(path, progress.onBytes);
      return await readParquetSample(path, file, options, told);
    }
    const pieces = untilAborted(piecesOf(path, io, progress.onBytes), io.signal);
    return await readSample(path, pieces, options, told);
  } finally {
    progress.end();
  }
}
