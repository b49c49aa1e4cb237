/** CSV as `elbow score` reads it: the header gives the positions of the columns. */
import type { ByteBlock } from "../../formats/csv/byte_blocks.ts";
import { csvNames, isNameless } from "../../formats/csv/column_names.ts";
import { detectSeparator, splitRecords } from "../../formats/csv/csv_split.ts";
import { RecordEnds } from "../../formats/csv/record_ends.ts";
import { type DecimalMark, markOf } from "../../formats/csv/decimal_comma.ts";
import { requireColumns } from "../../detection/model_table.ts";
import { DataError, planColumns, readCsv } from "../../formats/mod.ts";
import { decodeText } from "../../formats/text/text.ts";
import { codecOf } from "../../scoring/table/schema.ts";
import { warnAboutColumns } from "../files/data.ts";
import type { FileLayout } from "./file_layout.ts";
import type { InputFile, InputFormat } from "./input_format.ts";

/** @param separator between cells; detected from the first line if omitted */
export function csvInput(separator?: string): InputFormat {
  return {
    records: "csv",
    open: (file, first) => open(file, first, separator),
    noRows(source, isEmpty) {
      const expected = "a header line followed by data rows";
      const actual = isEmpty ? "an empty file" : "a header line only";
      return new DataError({ source, expected, actual });
    },
  };
}

function open(
  { model, source, io }: InputFile,
  { bytes, ...place }: ByteBlock,
  given?: string,
): [FileLayout, ByteBlock | undefined] {
  const bomLength = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const end = endOfRecord(bytes, bomLength);
  const header = bytes.subarray(bomLength, end);
  const separator = given ?? detectSeparator(new TextDecoder().decode(header));
  const names = csvNames(header, source, separator);
  // The reader of whole files reports what is wrong with a header.
  if (names === undefined || names.every((name) => name === "")) readCsv(header, { source });
  requireColumns(model.units, names!, source);
  warnAboutColumns(model, names!.filter((name) => !isNameless(name)), io);
  const { indices } = planColumns(names!, { columns: model.units.columns }, source);
  const lines = header.reduce((sum, byte) => sum + Number(byte === 10), 0);
  const rest: ByteBlock = {
    ...place,
    bytes: bytes.slice(end),
    firstRow: 0,
    firstLine: place.firstLine + lines,
  };
  const numberPlaces = indices.filter((_, c) => codecOf(model.units.schema![c]).plain);
  const mark = separator === "," ? undefined : firstMark(rest, separator, numberPlaces, source);
  const nameless = names!.flatMap((name, index) => isNameless(name) ? [index] : []);
  const layout = { source, width: names!.length, separator, mark, places: indices, nameless };
  return [layout, rest.bytes.length === 0 ? undefined : rest];
}

/** The decimal mark of the first number that has one, in some columns of some rows. */
function firstMark(
  { bytes, firstLine }: ByteBlock,
  separator: string,
  places: readonly number[],
  source: string,
): DecimalMark | undefined {
  const text = [...decodeText(bytes, source)].join("");
  for (const { cells } of splitRecords(text, separator, firstLine, source)) {
    for (const place of places) {
      const mark = markOf(cells[place] ?? "");
      if (mark !== undefined) return mark;
    }
  }
  return undefined;
}

/** The position after the line break that ends the first record. */
function endOfRecord(bytes: Uint8Array, start: number): number {
  const ends = new RecordEnds();
  for (let i = start; i < bytes.length; i++) if (ends.endsAt(bytes[i])) return i + 1;
  return bytes.length;
}
