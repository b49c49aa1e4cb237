/** A table for a terminal: text columns aligned left, numeric columns right. */
import { printable } from "./text.ts";

/** The most characters in a cell; longer column names are cut. */
const MAX_WIDTH = 32;

/** @param texts the number of leading columns that are text */
export function alignColumns(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  texts: number,
): string {
  const shown = [header, ...rows].map((row) => row.map((cell) => truncate(printable(cell))));
  const widths = header.map((_, c) => Math.max(...shown.map((row) => row[c].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, c) => c < texts ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))
      .join("  ").trimEnd();
  return shown.map((row) => `${line(row)}\n`).join("");
}

function truncate(text: string): string {
  return text.length > MAX_WIDTH ? `${text.slice(0, MAX_WIDTH - 1)}…` : text;
}
