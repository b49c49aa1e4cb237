/** Errors about whole rows of a CSV file: too few cells, too many, or a blank line with rows after it. */
import { DataError } from "../errors.ts";

interface Place {
  readonly source: string;
  /** Cells of the header. */
  readonly width: number;
}

/** A row with too few cells, or too many. */
export function widthFault({ source, width }: Place, row: number, line: number, cells: number) {
  return new DataError({ source, row, line, expected: expectedCells(width), actual: `${cells}` });
}

/** A blank line with rows after it. */
export function blankFault({ source, width }: Place, row: number, line: number): DataError {
  return new DataError({
    source,
    row,
    line,
    expected: expectedCells(width),
    actual: "a blank line",
  });
}

function expectedCells(width: number): string {
  return `${inCells(width)}, as in the header`;
}

function inCells(count: number): string {
  return count === 1 ? "1 cell" : `${count} cells`;
}
