/** A table for a terminal: text columns aligned left, numeric columns right. */
import { printable } from "./text.ts";

/** The most characters in a cell; longer column names are cut. */
const WIDEST = 32;

/** @param texts the number of leading columns that are text */
export function aligned(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  texts: number,
): string {
  const shown = [header, ...rows].map((row) => row.map((cell) => cut(printable(cell))));
  const widths = header.map((_, c) => Math.max(...shown.map((row) => row[c].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, c) => c < texts ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))
      .join("  ").trimEnd();
  return shown.map((row) => `${line(row)}\n`).join("");
}

function cut(text: string): string {
  return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text;
}
