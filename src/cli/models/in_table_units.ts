/** Rows made by a VAE, converted back to the columns and units of its training table. */
import { type CellFormat, type ColumnSchema, nearestLevel } from "../../scoring/table/schema.ts";
import { firstColumns, type Matrix } from "../../trained/rows/matrix.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { LoadedModel, LoadedRbm } from "./model.ts";
import type { RowsOutput } from "../files/rows_output.ts";
import { significant } from "../text/text.ts";

export function inTableUnits(
  { units }: Pick<LoadedModel, "units">,
  generated: Matrix | Cells,
  fields: RowsOutput["fields"],
): RowsOutput {
  const { generated: columns, scale, schema } = units;
  const { data, rows } = "shape" in generated ? units.fromVae(generated) : generated;
  const cellsOf = (index: number) => {
    const cells = data.subarray(index * columns.length, (index + 1) * columns.length);
    return Array.from(cells, (value, c) => cell(schema?.[c], value, scale[c]));
  };
  const row = (index: number) =>
    cellsOf(index).map((value, c) => asWritten(value, schema?.[c]?.format));
  return { columns, rows, row, fields, lists: { values: cellsOf } };
}

/** A cell in the table's form: a level by its name, a number without meaningless digits. */
function cell(column: ColumnSchema | undefined, value: number, unit: number): string | number {
  if (Number.isNaN(value)) return "";
  if (!column?.levels) return significant(value, unit);
  return nearestLevel(column.levels, value) ?? "";
}

/** A number with the decimal mark and the per cent sign of its column, without which the model would not read it. */
function asWritten(value: string | number, format?: CellFormat): string | number {
  if (typeof value === "string" || format === undefined) return value;
  const plain = value.toLocaleString("en-US", PLAIN);
  const text = format.startsWith("1.234,50") ? plain.replace(".", ",") : plain;
  return format.endsWith("%") ? `${text} %` : text;
}

/** All digits, without an exponent. */
const PLAIN = { useGrouping: false, maximumSignificantDigits: 17 } as const;

/** The same rows as one matrix, unrounded, for pictures. A condition is dropped from the rows. */
export function inTableCells(
  { units, vae }: LoadedModel | LoadedRbm,
  generated: Matrix | Cells,
): Matrix {
  const { data, rows } = "shape" in generated
    ? units.fromVae(firstColumns(generated, vae?.spec.inputs ?? generated.shape[1]))
    : generated;
  return { data: Float32Array.from(data), shape: [rows, units.generated.length] };
}
