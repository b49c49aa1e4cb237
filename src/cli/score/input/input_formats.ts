/** The formats whose rows `elbow score` reads as a stream. */
import { isJsonLines, sniff } from "../../../formats/mod.ts";
import { requireCsv } from "../../../formats/sample/table_parts.ts";
import { endingOf } from "../../text/paths.ts";
import { withoutGz } from "../../../formats/gzip.ts";
import { csvInput } from "./csv_input.ts";
import type { InputFormat } from "./input_format.ts";
import { JSONL_INPUT } from "./jsonl_input.ts";

/**
 * The format by the file's name or its first bytes; undefined for a format that is read as a whole.
 * @param first the first bytes of standard input
 * @param header whether CSV starts with a header line
 * @throws DataError for another format, if there is no header line
 */
export function inputFormat(
  data: string,
  first?: Uint8Array,
  header = true,
): InputFormat | undefined {
  const extension = first ? sniff(first) : endingOf(withoutGz(data));
  if (!header) requireCsv(data, extension);
  if (extension === ".csv") return csvInput(header);
  if (extension === ".tsv") return csvInput(header, "\t");
  return isJsonLines(extension) ? JSONL_INPUT : undefined;
}
