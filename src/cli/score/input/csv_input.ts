/** CSV as `elbow score` reads it: the header gives the positions of the columns, if there is one. */
import type { ByteBlock } from "../../../formats/csv/byte_blocks.ts";
import { csvNames, isNameless } from "../../../formats/csv/column_names.ts";
import { detectSeparator, splitRecords } from "../../../formats/csv/csv_split.ts";
import { RecordEnds } from "../../../formats/csv/record_ends.ts";
import { type DecimalMark, markOf } from "../../../formats/csv/decimal_comma.ts";
import { namesByPosition, requireModelColumns } from "../../../detection/model_columns.ts";
import { DataError, planColumns, readCsv } from "../../../formats/mod.ts";
import { defaultNames } from "../../../formats/table.ts";
import { decodeText, markLength } from "../../../formats/text/text.ts";
import { codecOf } from "../../../scoring/table/schema.ts";
import { warnAboutColumns } from "../../files/data.ts";
import type { FileLayout } from "./file_layout.ts";
import type { InputFile, InputFormat } from "./input_format.ts";

/**
 * @param header whether the first line is a header
 * @param separator between cells; detected from the first line if omitted
 */
export function csvInput(header = true, separator?: string): InputFormat {
  return {
    records: header ? "csv" : "headless csv",
    open: (file, first) => open(file, first, header, separator),
    noRows(source, isEmpty) {
      const expected = header ? "a header line followed by data rows" : "data rows";
      const actual = isEmpty ? "an empty file" : "a header line only";
      return new DataError({ source, expected, actual });
    },
  };
}

function open(
  { model, source, io, also: wanted = [] }: InputFile,
  { bytes, ...place }: ByteBlock,
  header: boolean,
  given?: string,
): [FileLayout, ByteBlock | undefined] {
  const start = markLength(bytes);
  const end = endOfRecord(bytes, start);
  const first = bytes.subarray(start, end);
  const separator = given ?? detectSeparator(new TextDecoder().decode(first));
  const found = csvNames(first, source, separator);
  if (found?.length === 1 && found[0] === "") {
    const expected = header ? "the header line" : "the first row";
    throw new DataError({ source, line: place.firstLine, expected, actual: "a blank line" });
  }
  const names = header ? found! : namesByPosition(model.units, defaultNames(found!.length), source);
  // The reader of whole files reports what is wrong with a header.
  if (names === undefined || names.every((name) => name === "")) readCsv(first, { source });
  requireModelColumns(model.units, names, source);
  const also = wanted.filter(({ name }) => names.includes(name)),
    alsoNames = also.map(({ name }) => name);
  const isOther = (name: string) => !isNameless(name) && !alsoNames.includes(name);
  warnAboutColumns(model, names.filter(isOther), io);
  const columns = [...model.units.columns, ...alsoNames];
  const { indices } = planColumns(names, { columns }, source);
  const lines = header ? first.reduce((sum, byte) => sum + Number(byte === 10), 0) : 0;
  const rest: ByteBlock = {
    ...place,
    bytes: bytes.slice(header ? end : start),
    firstRow: 0,
    firstLine: place.firstLine + lines,
  };
  const codecs = [...model.units.schema!.map(codecOf), ...also.map(({ codec }) => codec)];
  const numberPlaces = indices.filter((_, c) => {
    const { plain, decimal } = codecs[c];
    return plain || decimal;
  });
  const mark = separator === "," ? undefined : firstMark(rest, separator, numberPlaces, source);
  const nameless = names.flatMap((name, index) => isNameless(name) ? [index] : []);
  const shape = { width: names.length, isHeadless: !header, places: indices, nameless };
  return [{ source, separator, mark, also, ...shape }, rest.bytes.length === 0 ? undefined : rest];
}

/** A number that may also be a thousand. */
const UNCLEAR = /^\s*[+-]?[1-9]\d{0,2}[.,]\d{3}\s*$/;

/** The decimal mark of the first number that has one, in some columns of some rows; unclear ones decide if all are. */
function firstMark(
  { bytes, firstLine }: ByteBlock,
  separator: string,
  places: readonly number[],
  source: string,
): DecimalMark | undefined {
  const text = [...decodeText(bytes, source)].join("");
  let unclear: DecimalMark | undefined;
  for (const { cells } of splitRecords(text, separator, firstLine, source)) {
    for (const place of places) {
      const cell = cells[place] ?? "", mark = markOf(cell);
      if (mark !== undefined && !UNCLEAR.test(cell)) return mark;
      unclear ??= mark;
    }
  }
  return unclear;
}

/** The position after the line break that ends the first record. */
function endOfRecord(bytes: Uint8Array, start: number): number {
  const ends = new RecordEnds();
  for (let i = start; i < bytes.length; i++) if (ends.endsAt(bytes[i])) return i + 1;
  return bytes.length;
}
