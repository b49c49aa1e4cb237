/**
 * Reads the rows that a detector is fitted to. Rows may come in batches and exceed the available memory: beyond a
 * maximum number, a sample drawn by the seed is used, or the last rows of a series (`formats/sample/row_sample.ts`, ADR
 * 67).
 */
import { show } from "../../core/validate.ts";
import { RowSample } from "../../formats/sample/row_sample.ts";
import type { RawTable, Table } from "../../formats/table.ts";
import { columnsOf, type TableRows } from "../../scoring/table/table_rows.ts";
import { type DetectorOptions, requireColumns } from "../options.ts";
import { renumberedIn } from "../../trained/renumber.ts";
import { sampleOptions } from "./row_limit.ts";
import { isRaw, readTraining, type TrainingTable } from "./read_training.ts";
import { rawTableOf } from "./raw_rows.ts";

/** Batches of rows, in order, which need not be in memory all at once. */
export type RowBatches = AsyncIterable<TableRows>;

/** Reads rows of any kind. @throws RowError; TypeError or RangeError naming the option that cannot be used */
export async function readRows(
  rows: TableRows | RawTable | RowBatches,
  options: DetectorOptions,
): Promise<TrainingTable> {
  const isInBatches = isAsync(rows);
  const { maxRows = Infinity } = options;
  // A sample knows of how many rows it is, which another sample of it would forget.
  if (!isInBatches && (maxRows === Infinity || (isRaw(rows) && rows.rows <= maxRows))) {
    return namingDrawnRows(isRaw(rows) ? rows : {}, () => readTraining(rows, options));
  }
  const sample = new RowSample(sampleOptions(options));
  let { columns } = options;
  const add = (batch: TableRows | RawTable) => {
    const names = columns ??= isRaw(batch) ? batch.columns : columnsOf(batch);
    requireColumns(names);
    const part = isRaw(batch)
      ? { ...batch, columns: names }
      : rawTableOf(batch, names, options, sample.read);
    if (part.rows > 0) sample.add({ ...part, source: "-" });
  };
  if (!isInBatches) add(rows);
  else {
    for await (const batch of rows) {
      options.signal?.throwIfAborted();
      requireBatch(batch);
      add(batch);
    }
  }
  if (sample.read === 0) return readTraining([], options);
  const table = sample.finish();
  const own = marksOfDrawn(options, table);
  return namingDrawnRows(table, () => readTraining(table, own));
}

/** The options with the times and the series of the drawn rows, if they have those of all. */
function marksOfDrawn(options: DetectorOptions, { drawn }: Table): DetectorOptions {
  if (!drawn) return options;
  const { rows, numbers } = drawn, { by, clock } = options;
  const own = <Value>(all: ArrayLike<Value>): ArrayLike<Value> =>
    all.length === rows ? Array.from(numbers, (number) => all[number - 1]) : all;
  return {
    ...options,
    ...(by && { by: { ...by, values: own(by.values) } }),
    ...(clock && { clock: { ...clock, seconds: own(clock.seconds) } }),
  };
}

export function isAsync(rows: unknown): rows is RowBatches {
  return typeof rows === "object" && rows !== null && Symbol.asyncIterator in rows;
}

/** A single row is rejected, because it would be read as something else. */
export function requireBatch(batch: unknown, action = "fit detector"): void {
  if (Array.isArray(batch) || (typeof batch === "object" && batch !== null && "shape" in batch)) {
    return;
  }
  throw new TypeError(
    `Cannot ${action}: each batch must be a list of rows or a matrix, got ${show(batch)}`,
  );
}

/** Runs `act` on rows that may be a sample; its error then has the row's number in the whole table. */
export function namingDrawnRows<Value>(
  { drawn }: Pick<RawTable, "drawn">,
  act: () => Value,
): Value {
  try {
    return act();
  } catch (error) {
    throw renumberedIn(drawn, error);
  }
}
