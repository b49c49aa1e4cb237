/**
 * Cells that a user says are missing values, such as ERROR, unknown or -999. They are compared as texts and, if they
 * are numbers, by value: -999 is also -999.0.
 */
import type { RawTable } from "../table.ts";
import { parseNumber } from "./cells.ts";

/** The texts that stand for a missing value, by column. */
export type MissingTexts = (column: string) => readonly string[];

/** Whether a cell, as its format gives it, is one of these texts. */
export function isOneOf(texts: readonly string[]): (cell: unknown) => boolean {
  const trimmed = texts.map((text) => text.trim());
  const numbers = trimmed.map(parseNumber).filter((value) => !Number.isNaN(value));
  return (cell) =>
    typeof cell === "string"
      ? trimmed.includes(cell.trim()) || numbers.includes(parseNumber(cell))
      : numbers.includes(cell as number);
}

/**
 * The table in which these cells are missing. A column whose other texts are all plain numbers is one of numbers.
 * @param keptTexts columns whose numbers stay texts
 */
export function withMissing<T extends RawTable>(
  table: T,
  textsOf: MissingTexts,
  keptTexts: ReadonlySet<string> = new Set(),
): T {
  const width = table.columns.length, data = table.data.slice();
  const texts = table.columns.map((name, c) => {
    const given = table.texts?.[c], missing = textsOf(name);
    if (missing.length === 0) return given;
    const isMissing = isOneOf(missing), left = given?.filter((text) => !isMissing(text)) ?? [];
    const isText = keptTexts.has(name) || left.some((text) => Number.isNaN(parseNumber(text)));
    const codes = new Map(left.map((text, code) => [text, isText ? code : parseNumber(text)]));
    for (let i = c; i < data.length; i += width) {
      const value = data[i];
      if (given && value === value) data[i] = codes.get(given[value]) ?? NaN;
      else if (isMissing(value)) data[i] = NaN;
    }
    return isText && given ? left : undefined;
  });
  const { texts: _, ...rest } = table;
  return { ...rest, data, ...(texts.some((column) => column) && { texts }) } as T;
}
