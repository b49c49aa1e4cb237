/** The warning that the last row holds totals: spreadsheets end with the sums of their columns. */
import { codecOf, hasLevels } from "../../scoring/table/schema.ts";
import { listColumns } from "../columns/list_columns.ts";
import type { ReadColumn } from "../columns/read_column.ts";

/** Of fewer other numbers the last one may be the sum by chance. */
const MIN_ADDENDS = 10;

/** Relative difference that the rounding of the addends may cause. */
const ROUNDING = 1e-3;

/** At most one sentence, for a table of which all rows are here. */
export function totalsWarnings(columns: readonly ReadColumn[]): string[] {
  const names = columns.filter(endsWithSum).map(({ name }) => name);
  return names.length === 0 ? [] : [
    `the last row has the sum of all others in ${listColumns(names)}: delete it if it holds totals`,
  ];
}

function endsWithSum(column: ReadColumn): boolean {
  const { kind, texts } = column;
  if (hasLevels(kind) || kind === "timestamp") return false;
  const codec = codecOf(column), numbers = texts?.map((text) => codec.encode(text) ?? NaN);
  const values = column.values(), last = values.length - 1;
  const valueAt = (r: number) => numbers && values[r] >= 0 ? numbers[values[r]] : values[r];
  let sum = 0, largest = 0, addends = 0;
  for (let r = 0; r < last; r++) {
    const value = valueAt(r);
    if (!value) continue;
    sum += value;
    largest = Math.max(largest, Math.abs(value));
    addends++;
  }
  const total = valueAt(last);
  return addends >= MIN_ADDENDS && Math.abs(total) > largest &&
    Math.abs(total - sum) <= ROUNDING * Math.abs(sum);
}
