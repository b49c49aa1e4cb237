/**
 * Errors about whole rows of a CSV file: too few cells, too many, no separators, a cell that no name in the header is
 * for, a header where a row was expected, or a blank line with rows after it.
 */
import { DataError, quoteValue } from "../errors.ts";
import { isMissing, parseNumber } from "../text/cells.ts";

interface Place {
  readonly source: string;
  /** Cells of the header. */
  readonly width: number;
  /** The only name of the header, if it is known. */
  readonly name?: string;
  /** Whether there is no header. */
  readonly isHeadless?: boolean;
}

/** For a first line unlike what follows. */
const TITLE_HINT = " (delete titles above the header)";

/**
 * A row with too few cells, or too many.
 * @param isLastEmpty whether the last of them is known to be empty
 */
export function widthFault(
  place: Place,
  row: number,
  line: number,
  cells: number,
  isLastEmpty = false,
): DataError {
  const isLonger = cells > place.width;
  const isBelowHeader = row === 1 && !place.isHeadless;
  const hint = isLonger && isLastEmpty
    ? ", of which the last is empty"
    : isBelowHeader && place.width > 1 && cells === place.width + 1
    ? " (if rows have labels, the header needs a cell for them, which may be empty)"
    : isLonger && (isBelowHeader || mayBeTitle(place))
    ? TITLE_HINT
    : "";
  const actual = `${cells}${hint}`;
  return new DataError({ ...placeOf(place, row, line), expected: expectedCells(place), actual });
}

/** That a cell holds something, although its column has no name. @param index of the cell in its row */
export function namelessFault(
  source: string,
  index: number,
  cell: string,
  row: number,
  line: number,
): DataError | undefined {
  if (isMissing(cell)) return undefined;
  const expected =
    `nothing in cell ${index + 1}, which has no name in the header (name it there, or ` +
    "delete lines of a title above the header)";
  return new DataError({ source, row, line, expected, actual: quoteValue(cell) });
}

/** That the first line, taken for a row, is a header: no cell of it is a number, but one below is. */
export function headerFault(
  source: string,
  first: readonly string[],
  second: readonly string[],
): DataError | undefined {
  const isNumber = (cell: string) => !Number.isNaN(parseNumber(cell));
  if (first.some((cell) => isNumber(cell) || isMissing(cell)) || !second.some(isNumber)) return;
  const actual = `${quoteValue(first.join(", "))}, which looks like a header`;
  return new DataError({ source, line: 1, expected: "a row", actual });
}

/** A blank line with rows after it. */
export function blankFault(place: Place, row: number, line: number): DataError {
  const gap = place.width > 1
    ? ""
    : ` (NA if its value is missing${mayBeTitle(place) ? "; delete titles above the header" : ""})`;
  const hint = row === 1 && !place.isHeadless && place.width > 1 ? TITLE_HINT : "";
  const expected = expectedCells(place) + gap, actual = `a blank line${hint}`;
  return new DataError({ ...placeOf(place, row, line), expected, actual });
}

/** Whether the header is one cell of several words, as titles are: more of them may come before the real header. */
function mayBeTitle({ width, name = "", isHeadless }: Place): boolean {
  return width === 1 && !isHeadless && /\s/.test(name.trim());
}

function placeOf({ source }: Place, row: number, line: number) {
  return { source, row, line };
}

function expectedCells({ width, name, isHeadless }: Place): string {
  const header = isHeadless
    ? "the first row"
    : name === undefined
    ? "the header"
    : `the header ${quoteValue(name)}`;
  return `${width === 1 ? "1 cell" : `${width} cells`}, as in ${header}`;
}

/**
 * That the only cell of the first row holds as many numbers as there are words in the header: no separator was found.
 */
export function separatorFault(
  source: string,
  header: string,
  cell: string,
): DataError | undefined {
  const names = header.split(/\s+/), cells = cell.trim().split(/\s+/);
  const numbers = cells.filter((each) => !Number.isNaN(parseNumber(each))).length;
  const isNumeric = numbers === cells.length || numbers > 1;
  if (names.length < 2 || names.length !== cells.length || !isNumeric) return undefined;
  const expected = "cells separated by commas, semicolons, tabs or vertical bars";
  return new DataError({ source, line: 1, expected, actual: quoteValue(header) });
}
