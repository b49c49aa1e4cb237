/** Rows that a VAE made, back in the columns and units of the table it was trained on. */
import { firstColumns, type Matrix } from "../scoring/matrix.ts";
import type { LoadedModel } from "./model.ts";
import type { RowsOutput } from "./rows_output.ts";
import { significant } from "./text.ts";

export function inTableUnits(
  { scorer, units }: LoadedModel,
  made: Matrix,
  fields: RowsOutput["fields"],
): RowsOutput {
  const { made: columns } = units;
  const { data, rows } = units.fromVae(made);
  const scale = scorer?.standardization.scale ?? new Float64Array(columns.length).fill(1);
  const row = (index: number) => {
    const cells = data.subarray(index * columns.length, (index + 1) * columns.length);
    return Array.from(cells, (value, c) => significant(value, scale[c]));
  };
  return { columns, rows, row, fields };
}

/** The same rows as one matrix, unrounded: for pictures. Rows that carry a condition lose it. */
export function inTableCells({ units }: LoadedModel, rows: Matrix): Matrix {
  const columns = units.made.length;
  const { data, rows: count } = units.fromVae(firstColumns(rows, columns));
  return { data: Float32Array.from(data), shape: [count, columns] };
}
