/**
 * The column names of CSV, read from the beginning of a file without its rows.
 * Limits: undefined if the file does not start as its format should; its reader reports what is wrong.
 */
import { detectSeparator, RecordBlocks, splitRecords } from "./csv_split.ts";
import { decodeText } from "../text/text.ts";

/** The cells of a CSV header. */
export function csvNames(
  bytes: Uint8Array,
  source: string,
  separator?: string,
): readonly string[] | undefined {
  const blocks = new RecordBlocks(source);
  let block = "";
  for (const piece of decodeText(bytes, source)) {
    block = blocks.push(piece);
    if (block.length > 0) break;
  }
  block ||= blocks.finish();
  for (const { cells } of splitRecords(block, separator ?? detectSeparator(block), 1, source)) {
    return cells.map((cell) => cell.trim());
  }
  return undefined;
}
