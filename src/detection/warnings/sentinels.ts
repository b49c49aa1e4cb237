/**
 * Warnings about numbers that may stand for a missing value, such as -999, 9999 or -200: in several rows, and farther
 * from all other values of the column than these are from each other. One that is not nines alone is 0 or less, in half
 * a per cent of the rows, and beside five other values.
 */
import { groupBy } from "../../core/group_by.ts";
import { hasLevels } from "../../scoring/table/schema.ts";
import type { ReadColumn } from "../columns/read_column.ts";
import { listColumns } from "../columns/list_columns.ts";

/** One sentence for each such number, about all the undeclared columns of numbers that hold it. */
export function sentinelWarnings(columns: readonly ReadColumn[]): string[] {
  const found = groupBy(columns.flatMap(sentinelsOf), ({ value }) => value);
  return [...found].map(([value, holders]) => {
    const names = holders.map(({ name }) => name), isOne = names.length === 1;
    const shares = holders.map(({ share }) => share).sort((a, b) => a - b);
    const [least, most] = [shares[0], shares[shares.length - 1]].map((share) =>
      `${Number((100 * share).toPrecision(2))}`
    );
    return `${listColumns(names)} ${isOne ? "is" : "are"} ${value} in ${
      least === most ? least : `${least} to ${most}`
    } % of the rows, far from all ${
      isOne ? "its" : "their"
    } other values: if that stands for a missing value, leave those cells empty`;
  });
}

function sentinelsOf(column: ReadColumn): { name: string; value: number; share: number }[] {
  const { name, kind, texts, declared } = column;
  if (texts || declared || hasLevels(kind) || kind === "timestamp") return [];
  const values = column.values(), { smallest, largest } = rangeOf(values);
  return [smallest, largest]
    .filter((value) => isApart(value, values) && (isNines(value) || isUsualGap(value, values)))
    .map((value) => {
      const share = values.filter((each) => each === value).length / values.length;
      return { name, value, share };
    });
}

function rangeOf(values: Float64Array, excluded = NaN): { smallest: number; largest: number } {
  let smallest = Infinity, largest = -Infinity;
  for (const value of values) {
    if (value === excluded) continue;
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  return { smallest, largest };
}

function isNines(value: number): boolean {
  return /^-?99+$/.test(`${value}`);
}

/** One row in so many has the value at least, and the others have so many different ones. */
const USUAL_ROWS = 200, MIN_OTHERS = 5;

function isUsualGap(value: number, values: Float64Array): boolean {
  const others = values.filter((each) => each !== value && !Number.isNaN(each));
  const rows = values.filter((each) => each === value).length;
  return value <= 0 && rows * USUAL_ROWS >= values.length && new Set(others).size >= MIN_OTHERS;
}

function isApart(value: number, values: Float64Array): boolean {
  const { smallest, largest } = rangeOf(values, value);
  if (smallest > largest) return false; // there are no others
  const gap = value < smallest ? smallest - value : value - largest;
  return gap > largest - smallest && values.filter((each) => each === value).length > 1;
}
