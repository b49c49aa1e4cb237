/**
 * The column names of text formats, read from the beginning of a file without its rows.
 * Limits: undefined where the file does not begin as its format should; its reader says what is wrong.
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

/** The keys of the first line of JSON lines, if that is an object. */
export function jsonlNames(bytes: Uint8Array, source: string): readonly string[] | undefined {
  let text = "";
  for (const piece of decodeText(bytes, source)) {
    text += piece;
    if (text.includes("\n")) break;
  }
  try {
    const first = JSON.parse(text.split("\n", 1)[0]);
    const isObject = typeof first === "object" && first !== null && !Array.isArray(first);
    return isObject ? Object.keys(first) : undefined;
  } catch {
    return undefined;
  }
}
