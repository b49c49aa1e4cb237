/** The positions of the model's columns in a file, found from its beginning, and the reader of the rows after it. */
import type { ByteBlock } from "../../../formats/csv/byte_blocks.ts";
import { PlainRows, type RowFormat } from "../../../formats/csv/csv_rows.ts";
import { type DecimalMark, markedCodec } from "../../../formats/csv/decimal_comma.ts";
import { blankFault } from "../../../formats/csv/row_faults.ts";
import { JsonRows } from "../../../formats/jsonl/json_rows.ts";
import type { BlockRows, FileColumn, RowReader } from "../../../formats/row_reader.ts";
import type { AlsoColumn } from "../../../detection/model_table.ts";
import { codecOf } from "../../../scoring/table/schema.ts";
import type { LoadedModel } from "../../models/model.ts";

/** Plain data, so that it can be sent to other threads, but for `also`: the steps of series are read in one. */
export type FileLayout = CsvFileLayout | JsonFileLayout;

/** The layout of CSV. */
export interface CsvFileLayout {
  readonly source: string;
  readonly width: number;
  /** Whether the first row is on the first line. */
  readonly isHeadless?: boolean;
  readonly separator: string;
  /** The decimal mark if the separator is not a comma, as far as the first rows show it. */
  readonly mark?: DecimalMark;
  /** The position of each of the model's columns, and of `also`. */
  readonly places: readonly number[];
  /** Other columns, read as the last. */
  readonly also?: readonly AlsoColumn[];
  /** Positions of columns without a name, which may hold nothing. */
  readonly nameless?: readonly number[];
}

/** The layout of JSON lines. */
export interface JsonFileLayout {
  readonly source: string;
  /** Other columns, read as the last. */
  readonly also?: readonly AlsoColumn[];
  /** For rows that are arrays. */
  readonly arrays?: Pick<CsvFileLayout, "width" | "places">;
}

/** Reads blocks with quotes, with `formats/csv/quoted_rows.ts`, which not every thread needs. */
export type ReadQuoted = (block: ByteBlock, format: RowFormat) => BlockRows;

/** Reads rows according to a model's schema. */
export function rowReader(
  model: LoadedModel,
  layout: FileLayout,
  readQuoted: ReadQuoted,
): RowReader {
  if ("separator" in layout) return csvReader(model, layout, readQuoted);
  const { source, arrays, also } = layout, columns = columnsAt(model, arrays?.places, also);
  return new JsonRows({ source, width: arrays?.width, columns });
}

function csvReader(model: LoadedModel, layout: CsvFileLayout, readQuoted: ReadQuoted): RowReader {
  const { source, width, isHeadless, separator, mark, places, also, nameless } = layout;
  const columns = columnsAt(model, places, also).map((column) => {
    const { plain, decimal } = column.codec, mayHaveComma = plain || decimal;
    return mayHaveComma && separator !== ","
      ? { ...column, codec: markedCodec(column.codec, mark) }
      : column;
  });
  const format = { source, width, isHeadless, separator, mark, columns, nameless };
  const plain = new PlainRows(format);
  return {
    read: (block) => block.quoted ? readQuoted(block, format) : plain.read(block),
    blankFault: (row, line) => blankFault(format, row, line),
  };
}

function columnsAt(
  { units }: LoadedModel,
  places: readonly number[] = [],
  also: readonly AlsoColumn[] = [],
): FileColumn[] {
  const own = units.schema!.map((column) => ({ name: column.name, codec: codecOf(column) }));
  return [...own, ...also].map((column, c) => ({ ...column, index: places[c] ?? -1 }));
}
