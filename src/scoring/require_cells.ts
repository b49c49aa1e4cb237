/** Rejects cells of a file that a model does not accept, naming their row and column. */
import { DataError } from "../formats/errors.ts";
import type { Cells } from "./table/cells.ts";
import type { Units } from "./units.ts";

/**
 * Rejects numbers that a model does not accept.
 * @param firstRow number of rows before these
 * @throws DataError naming row and column
 */
export function requireCells(
  { columns, maxMagnitude: largest, fault: faultIn }: Units,
  { data, rows, source }: Cells & { readonly source: string },
  firstRow = 0,
): void {
  const cell = indexAbove(data, largest);
  const fault = cell < 0 ? faultIn({ data, rows }) : {
    row: Math.floor(cell / columns.length),
    column: cell % columns.length,
    needs: `a finite number of magnitude at most ${Number(largest.toPrecision(2))}`,
    value: data[cell],
  };
  if (!fault) return;
  const { row, needs: expected, value } = fault;
  const column = columns[fault.column];
  throw new DataError({ source, row: firstRow + row + 1, column, expected, actual: `${value}` });
}

/** A loop instead of `findIndex`, for speed: a million rows have many cells. */
function indexAbove(data: ArrayLike<number>, largest: number): number {
  for (let i = 0; i < data.length; i++) if (Math.abs(data[i]) > largest) return i;
  return -1;
}
