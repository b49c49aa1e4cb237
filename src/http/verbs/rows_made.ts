/** Answers that are rows: of the table, with text for levels, or of numbers alone. */
import type { Matrix } from "../../trained/rows/matrix.ts";
import { type ColumnSchema, hasLevels, nearestLevel } from "../../scoring/table/schema.ts";
import type { Work } from "./verb.ts";

/** Answers that are rows of the table: text for levels, and null for times, which cannot be decoded. */
export function rowsOf(
  columns: readonly string[],
  schema?: readonly ColumnSchema[],
): Pick<Work, "head" | "columns" | "blanks" | "text"> {
  const head = { columns }, width = columns.length;
  if (!schema?.some(({ kind }) => hasLevels(kind) || kind === "timestamp")) {
    return { head, columns, text: (data, at) => jsonList(data, at, width) };
  }
  const cellOf = (value: number, { levels }: ColumnSchema) =>
    Number.isNaN(value) ? null : levels ? nearestLevel(levels, value) ?? null : value;
  return {
    head,
    columns,
    blanks: schema.map(({ kind }) => kind === "timestamp"),
    text: (data, at) => JSON.stringify(schema.map((column, c) => cellOf(data[at + c], column))),
  };
}

export function jsonList(data: Float64Array, at: number, count: number): string {
  return `[${data.subarray(at, at + count).join(",")}]`;
}

export function numberedNames(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name}${i}`);
}

/** Two matrices of the same shape, side by side. */
export function sideBySide(left: Matrix, right: Matrix): Float64Array {
  const [rows, width] = left.shape;
  const data = new Float64Array(2 * rows * width);
  for (let r = 0; r < rows; r++) {
    data.set(left.data.subarray(r * width, (r + 1) * width), 2 * r * width);
    data.set(right.data.subarray(r * width, (r + 1) * width), (2 * r + 1) * width);
  }
  return data;
}
