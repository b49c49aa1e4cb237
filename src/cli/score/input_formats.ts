/** The formats whose rows `elbow score` reads as a stream. */
import { isJsonLines, sniff } from "../../formats/mod.ts";
import { endingOf } from "../files/files.ts";
import { withoutGz } from "../files/gzip.ts";
import { csvInput } from "./csv_input.ts";
import type { InputFormat } from "./input_format.ts";
import { JSONL_INPUT } from "./jsonl_input.ts";

/**
 * By its name, or by its first bytes; undefined for one that is read whole.
 * @param first of standard input
 */
export function inputFormat(data: string, first?: Uint8Array): InputFormat | undefined {
  const extension = first ? sniff(first) : endingOf(withoutGz(data));
  if (extension === ".csv") return csvInput();
  if (extension === ".tsv") return csvInput("\t");
  return isJsonLines(extension) ? JSONL_INPUT : undefined;
}
