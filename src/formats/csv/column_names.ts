/**
 * The column names of CSV, read from the beginning of a file without its rows.
 * Limits: undefined if the file does not start as its format should; its reader reports what is wrong.
 */
import { detectSeparator, RecordBlocks, splitRecords } from "./csv_split.ts";
import { decodeText } from "../text/text.ts";

/**
 * The name of a first column that has none: pandas and R write row labels so, and pandas reads them by this name. If
 * a table was read and written again, the name is taken, and pandas appends .1, .2, …
 */
const UNNAMED = "Unnamed: 0";

/** Whether a column has a name of this kind. */
export function isUnnamed(name: string): boolean {
  return /^Unnamed: 0(\.\d+)?$/.test(name);
}

/** Whether a column has no name, and is not the first. */
export function isNameless(name: string): boolean {
  return /^cell \d+ of the header$/.test(name);
}

/** The column names in a header; all empty if none has one. */
export function headerNames(cells: readonly string[]): readonly string[] {
  const [first, ...others] = cells.map((cell) => cell.trim());
  if (!first && others.every((name) => name === "")) return [first, ...others];
  let name = UNNAMED;
  for (let copy = 1; others.includes(name); copy++) name = `${UNNAMED}.${copy}`;
  return [first || name, ...others.map((each, i) => each || `cell ${i + 2} of the header`)];
}

/** The column names in the first line of CSV. */
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
    return headerNames(cells);
  }
  return undefined;
}
