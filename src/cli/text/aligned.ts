/** A table for a terminal: columns of text to the left, of numbers to the right. */
import { printable } from "./text.ts";

/** Names of columns may be long; more than this is cut. */
const WIDEST = 32;

/** @param texts columns at the front that are text */
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
