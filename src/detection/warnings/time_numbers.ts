/**
 * Warnings about columns of numbers that are times: dates of eight digits, such as 20240309, and seconds or
 * milliseconds since 1970. As numbers, the last day of a month is far from the first of the next, and the hour and the
 * weekday are lost. They stay numbers, because identifiers may look so too.
 */
import { parseTimestamp } from "../../core/timestamp.ts";
import { codecOf } from "../../scoring/table/schema.ts";
import type { ReadColumn } from "../columns/read_column.ts";

/** 2001-09-09 and 2100, in seconds since 1970. */
const SECONDS = [1e9, 4_102_444_800] as const;

/** The years of dates of eight digits. */
const YEARS = [1900, 2100] as const;

/** Names of columns that hold times; ten digits may be anything, such as telephone numbers. */
const IS_TIME = /time|date|epoch|unix|stamp|(?:^|[^a-z])(?:ts|at)$|(?:At|On|TS)$/i;

const { encode } = codecOf({ name: "", kind: "timestamp" });

/** One sentence about an undeclared column of numbers that are times. */
export function timeNumberWarnings({ name, kind, texts, declared, values }: ReadColumn): string[] {
  if (kind !== "count" || texts || declared) return [];
  const as = timeDeclarationOf(name, values());
  const what = as === "timestamp" ? "times since 1970" : "dates of eight digits";
  return as === undefined
    ? []
    : [`column "${name}" looks like ${what}, but is read as numbers: declare it ${as}`];
}

/** The declaration of a column of numbers as times, if they look so. */
export function timeDeclarationOf(
  name: string,
  values: Float64Array,
): "timestamp" | "timestamp:ymd" | undefined {
  const present = values.filter((value) => !Number.isNaN(value));
  if (present.length === 0) return undefined;
  if (present.every(isDate)) return "timestamp:ymd";
  return IS_TIME.test(name) && present.every(isInstant) ? "timestamp" : undefined;
}

function isDate(value: number): boolean {
  const year = Math.floor(value / 1e4);
  return year >= YEARS[0] && year < YEARS[1] && !Number.isNaN(parseTimestamp(`${value}`, "ymd"));
}

function isInstant(value: number): boolean {
  const seconds = encode(value)!;
  return seconds >= SECONDS[0] && seconds < SECONDS[1];
}
