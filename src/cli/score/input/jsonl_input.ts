/** JSON lines as `elbow score` reads them: rows are objects, or arrays in the order of the columns. */
import type { ByteBlock } from "../../../formats/csv/byte_blocks.ts";
import { placesOf } from "../../../detection/model_columns.ts";
import { DataError } from "../../../formats/errors.ts";
import { parseLine } from "../../../formats/jsonl/json_line.ts";
import { defaultNames } from "../../../formats/table.ts";
import { decodeText, markLength } from "../../../formats/text/text.ts";
import type { FileLayout } from "./file_layout.ts";
import type { InputFile, InputFormat } from "./input_format.ts";

export const JSONL_INPUT: InputFormat = {
  records: "lines",
  open,
  noRows(source) {
    const expected = "at least one line of JSON";
    return new DataError({ source, expected, actual: "an empty file" });
  },
};

function open(
  { model, source, also }: InputFile,
  { bytes, ...place }: ByteBlock,
): [FileLayout, ByteBlock | undefined] {
  const start = markLength(bytes), rest = start > 0 ? bytes.slice(start) : bytes;
  const end = rest.indexOf(10);
  const line = [...decodeText(rest.subarray(0, end < 0 ? rest.length : end), source)].join("");
  const block = rest.length === 0 ? undefined : { ...place, bytes: rest };
  // The reader reports what is wrong with a line.
  if (!line.trimStart().startsWith("[")) return [{ source, also }, block];
  const { length: width } = parseLine(line, { source, row: 1 }) as unknown[];
  const places = placesOf(model.units.columns, defaultNames(width), source);
  return [{ source, arrays: { width, places } }, block];
}
