/** Reads a block of CSV with quotes, which `csv_rows.ts` does not: split as text by `csv_split.ts`. */
import type { ByteBlock } from "./byte_blocks.ts";
import { encodeCell, type RowFormat } from "./csv_rows.ts";
import { splitRecords } from "./csv_split.ts";
import type { BlockRows } from "../row_reader.ts";
import { decodeText } from "../text/text.ts";
import { blankFault, namelessFault, widthFault } from "./row_faults.ts";

/** @throws DataError naming the row, line and column of a cell that cannot be read */
export function readQuoted(
  { bytes, firstLine, firstRow }: ByteBlock,
  format: RowFormat,
): BlockRows {
  const { source, separator } = format;
  const values: number[] = [];
  let rows = 0, blankLine: number | undefined;
  const text = [...decodeText(bytes, source)].join("");
  for (const { cells, line } of splitRecords(text, separator, firstLine, source)) {
    if (cells.length === 1 && cells[0].trim().length === 0) {
      blankLine ??= line;
      continue;
    }
    const row = firstRow + rows + 1;
    if (blankLine !== undefined) throw blankFault(format, row, blankLine);
    if (cells.length !== format.width) throw widthFault(format, row, line, cells.length);
    for (const index of format.nameless ?? []) {
      const fault = namelessFault(source, index, cells[index], row, line);
      if (fault) throw fault;
    }
    for (const column of format.columns) {
      values.push(encodeCell(format, column, cells[column.index], row, line));
    }
    rows++;
  }
  return { data: Float64Array.from(values), rows, blankLine };
}
