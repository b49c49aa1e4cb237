/**
 * Columns of a whole table that have a decimal comma, which only all rows together can show: they were read as texts.
 * All columns of a file then have one, so numbers with a decimal point are refused.
 */
import { DataError, quoteValue } from "../errors.ts";
import { ColumnTally } from "../sample/column_tally.ts";
import { lineOf, type Table } from "../table.ts";
import { type CellReading, keepsText } from "../text/cell_gatherer.ts";
import { readDecimalCommas } from "./decimal_comma.ts";

/** @throws DataError naming a number with a decimal point beside such columns */
export function withDecimalCommas(
  { texts, ...given }: Table,
  reading: CellReading | undefined,
): Table {
  const { drawn, columns: names } = given, width = names.length;
  const mayBe = (c: number) => !drawn?.columns[c].others && !keepsText(reading, names[c]);
  const read = readDecimalCommas({ data: given.data, texts }, mayBe);
  const decimalCommas = names.filter((_, c) => texts?.[c] && !read.texts?.[c]);
  const table = { ...given, ...read, ...(decimalCommas.length > 0 && { decimalCommas }) };
  if (decimalCommas.length > 0) {
    const isNumeric = (c: number) => !texts?.[c] && !keepsText(reading, names[c]);
    requireNoPoints(given, names.flatMap((_, c) => isNumeric(c) ? [c] : []), decimalCommas[0]);
  }
  if (!drawn) return table;
  // In a column with decimal commas, all rows were counted as texts.
  const columns = drawn.columns.map((tally, c) =>
    texts?.[c] && !read.texts?.[c] ? new ColumnTally().add(read.data, c, width) : tally
  );
  return { ...table, drawn: { ...drawn, columns } };
}

/** @throws DataError naming a number with a decimal point: beside decimal commas it may divide thousands */
function requireNoPoints(table: Table, numeric: readonly number[], withComma: string): void {
  const { columns, data, rows, drawn, lines, source } = table, width = columns.length;
  for (const c of numeric) {
    for (let r = 0; r < rows; r++) {
      const value = data[r * width + c], row = drawn?.numbers[r] ?? r + 1;
      if (!(value % 1)) continue;
      const expected = `a decimal comma, as in column ${quoteValue(withComma)} ` +
        "(or declare the column numeric:1.234,50 or numeric:1,234.50, whichever is its format)";
      const place = { source, row, line: lineOf(lines, row), column: columns[c] };
      throw new DataError({ ...place, expected, actual: `${value}` });
    }
  }
}
