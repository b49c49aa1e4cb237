/** Checks of the first line of a CSV file: what it says of the file, and whether it can be a header. */
import { DataError, quoteValue } from "../errors.ts";
import { parseNumber } from "../text/cells.ts";

/** @throws DataError for a first line that is not one of a table @param expected what it should be */
export function requireFirstLine(cells: readonly string[], source: string, expected: string): void {
  const place = { source, line: 1, expected }, lines = cells.find((cell) => /\r./s.test(cell));
  if (lines !== undefined) {
    const actual = `${
      quoteValue(lines)
    }, where lines end with CR alone (save it with LF, or CR and LF)`;
    throw new DataError({ ...place, actual });
  }
  if (!/^sep=/i.test(cells[0])) return;
  const actual = `${quoteValue(cells[0])}, which is for Excel: leave out this line`;
  throw new DataError({ ...place, actual });
}

/** @throws DataError unless these can be the names of columns */
export function requireHeader(names: readonly string[], source: string): void {
  const place = { source, line: 1 }, expected = "a header line of column names";
  requireFirstLine(names, source, expected);
  if (names.every((name) => name === "")) {
    throw new DataError({ ...place, expected, actual: "empty cells" });
  }
  const numbers = names.filter((name) => !Number.isNaN(parseNumber(name)));
  if (!isData(names, numbers)) return;
  const how = numbers.length === names.length ? "all" : "mostly";
  const actual = `${
    quoteValue(names.join(", "))
  }, which are ${how} numbers: put a line with a name for each column above it`;
  throw new DataError({ ...place, expected, actual, option: "header" });
}

/**
 * Whether the first line is data rather than a header: all cells are numbers, or most of them are and some are unlike
 * names, being repeated or having decimals. Years may be names.
 */
function isData(names: readonly string[], numbers: readonly string[]): boolean {
  if (numbers.length === names.length) return true;
  if (2 * numbers.length <= names.length) return false;
  return new Set(numbers).size < numbers.length || numbers.some((name) => /\d[.]\d/.test(name));
}
