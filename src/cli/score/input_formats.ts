/** The formats whose rows `elbow score` reads as a stream. */
import { isJsonLines, sniff } from "../../formats/mod.ts";
import { endingOf } from "../files/files.ts";
import { withoutGz } from "../files/gzip.ts";
import { csvInput } from "./csv_input.ts";
import type { InputFormat } from "./input_format.ts";
import { JSONL_INPUT } from "./jsonl_input.ts";

/**
 * The format by the file's name or its first bytes; undefined for a format that is read as a whole.
 * @param first the first bytes of standard input
 */
export function inputFormat(data: string, first?: Uint8Array): InputFormat | undefined {
  const extension = first ? sniff(first) : endingOf(withoutGz(data));
  if (extension === ".csv") return csvInput();
  if (extension === ".tsv") return csvInput("\t");
  return isJsonLines(extension) ? JSONL_INPUT : undefined;
}
