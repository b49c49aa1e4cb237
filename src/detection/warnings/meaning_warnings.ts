/**
 * Warnings about columns that were probably meant as something else. Texts that are dates or amounts whose format is
 * not certain: they stay text, because the meaning of "3/9/24" or "$1,234" depends on the country. Numbers that may be
 * codes, because some begin with 0: they stay numbers, because readings may be padded, too. Amounts in several
 * currencies, and values written in several ways.
 */
import { groupBy } from "../../core/group_by.ts";
import { parseTimestamp } from "../../core/timestamp.ts";
import type { RawTable } from "../../formats/table.ts";
import { CURRENCY } from "../../formats/sample/written_forms.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import { decimalMarkWarnings } from "./decimal_marks.ts";
import { headerWarnings } from "./header_rows.ts";
import { identifierWarnings } from "./identifier_columns.ts";
import { labelWarnings } from "./label_columns.ts";
import { type Declaration, type ReadColumn, readColumns } from "../columns/read_column.ts";
import { sentinelWarnings } from "./sentinels.ts";
import { timeNumberWarnings } from "./time_numbers.ts";
import { totalsWarnings } from "./totals_row.ts";

interface LikelyMeaning {
  readonly pattern: Pick<RegExp, "test">;
  /** What such texts look like, and how to write them instead. */
  readonly as: string;
  readonly instead: string;
  /** The most different units; house numbers such as 12a have more. */
  readonly mostUnits?: number;
  /** The fewest different numbers; 1Story, 1.5Fin and 2Story are names. */
  readonly fewestNumbers?: number;
}

const LIKELY_MEANINGS: readonly LikelyMeaning[] = [
  {
    // 9 Mar 2024, and 2024/3/9 with whatever behind it, in a column with another text or a day that does not exist
    pattern: {
      test: (text) =>
        /^\d{4}([/-])\d{1,2}\1\d{1,2}(?:[ ,T].*)?$/u.test(text) ||
        !Number.isNaN(parseTimestamp(text)),
    },
    as: "dates",
    instead: "declare it timestamp to be shown the first cell that is none",
  },
  {
    // 3/9/24 14:05 where either may be the day, or 15.10.2024 and 10/15/2024 in one column
    pattern: /^(?:\d{1,2}([./-])\d{1,2}\1\d{2,4}|\d{4}\.\d{1,2}\.\d{1,2})(?:[ ,T].*)?$/u,
    as: "dates",
    instead:
      "declare it timestamp:dmy if days come first, or timestamp:mdy, or write ISO 8601, such as 2024-10-15",
  },
  {
    // Oct 15, 2024, 15. Oktober 2024
    pattern: /^(?:\p{L}{3,9}\.? \d{1,2},? \d{4}|\d{1,2}\.? \p{L}{3,9}\.? \d{4})(?:[ ,T].*)?$/u,
    as: "dates",
    instead: "write them in ISO 8601, such as 2024-10-15",
  },
  {
    // 12 %, in a column with another text
    pattern: /^[+-]?\d[\d.,' ]*%$/u,
    as: "amounts",
    instead:
      "declare it numeric:1,234.50 % or numeric:1.234,50 %, whichever is its format, to be shown the first cell that is none",
  },
  {
    // $1,234, -$3, 12 €, EUR 12, 12.50 CHF
    pattern: new RegExp(
      `^[+-]?\\s*(?:${CURRENCY}\\s*[+-]?\\d[\\d.,' ]*|\\d[\\d.,' ]*${CURRENCY})$`,
      "u",
    ),
    as: "amounts",
    instead:
      "declare it numeric:1,234.50 or numeric:1.234,50, whichever is its format, or write plain numbers",
  },
  {
    // 14:05, 2:05:30 PM, 131:05:30.5
    pattern: /^\d{1,3}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s*[ap]m)?$/iu,
    as: "times of day or durations",
    instead:
      "declare it timestamp:time if all are times of day, or write durations as numbers, such as seconds",
  },
  {
    // 19.2 kg, 5.5°C, 25.3k, 1.92D+01; not 05 QUEENS
    pattern: /^[+-]?(?!0\d)\d[\d.,' ]*[\p{L}\p{S}°µ][\p{L}\p{S}°²³µ/]{0,7}(?:[+-]\d+|[23])?$/u,
    as: "numbers with units",
    instead: "write plain numbers, all in one unit",
    mostUnits: 3,
    fewestNumbers: 5,
  },
];

const CURRENCIES = new RegExp(CURRENCY, "u");

/** That amounts in several currencies count as one. */
function currencyWarnings(name: string, texts: readonly string[]): string[] {
  const units = [...new Set(texts.flatMap((text) => CURRENCIES.exec(text)?.[0] ?? []))].sort();
  return units.length < 2 ? [] : [
    `column "${name}" has amounts in ${
      listed(units)
    }, and only their numbers are read: convert them to one currency`,
  ];
}

const YES_OR_NO = /^(?:yes|no|y|n|true|false|t|f|on|off|0|1)$/i;

/** That values which differ only in how they are written count as different. */
function spellingWarnings(name: string, levels: readonly string[]): string[] {
  const groups = groupBy(levels, (level) => level.toLowerCase().replace(/\s+/gu, " "));
  const sameSpellings = levels.length > 2 && levels.every((level) => YES_OR_NO.test(level))
    ? levels
    : [...groups.values()].find((group) => group.length > 1);
  return sameSpellings === undefined ? [] : [
    `column "${name}" has ${
      listed(sameSpellings)
    }, which count as different values: write one value in one way`,
  ];
}

function listed(texts: readonly string[]): string {
  const quoted = texts.slice(0, 4).map((text) => JSON.stringify(text));
  const last = texts.length > 4 ? "others" : quoted.pop();
  return `${quoted.join(", ")} and ${last}`;
}

/** One sentence for each, of one kind after another. */
export function meaningWarnings(
  table: RawTable,
  schema: readonly ColumnSchema[],
  declared: readonly Declaration[] = [],
): string[] {
  const columns = readColumns(table, schema, declared);
  return [
    ...headerWarnings(columns),
    ...columns.flatMap(labelWarnings),
    ...columns.flatMap(identifierWarnings),
    ...columns.flatMap(textAndCodeWarnings),
    ...columns.flatMap(timeNumberWarnings),
    ...columns.flatMap(levelOrderWarnings),
    ...sentinelWarnings(columns),
    ...decimalMarkWarnings(columns),
    ...(table.drawn ? [] : totalsWarnings(columns)),
  ];
}

/** That an ordinal column whose levels were not given is in the order of the alphabet, which is seldom meant. */
function levelOrderWarnings({ name, kind, levels = [], declared }: ReadColumn): string[] {
  const isAsMeant = kind !== "ordinal" || declared?.levels || levels.length < 3 ||
    levels.every((level) => Number.isFinite(Number(level)));
  return isAsMeant ? [] : [
    `column "${name}" is ordered by the alphabet, ${levels.slice(0, 3).join(" < ")}${
      levels.length > 3 ? " < …" : ""
    }: give its levels if their order is another`,
  ];
}

/** Those of texts, and of numbers that may be codes. */
function textAndCodeWarnings(
  { name, kind, format, levels = [], texts, isPadded, declared }: ReadColumn,
): string[] {
  if (isPadded && !declared && (texts || kind === "count" || kind === "binary")) {
    const reading = texts ? "its digits are" : "is";
    return [
      `column "${name}" holds digits with leading zeros, as codes have, but ${reading} read as numbers: ` +
      "declare it categorical to keep the zeros",
    ];
  }
  if (format && texts) return currencyWarnings(name, texts);
  if (declared) return [];
  const columnTexts = kind === "timestamp" || format ? [] : texts ?? [];
  const isMostly = ({ pattern, mostUnits = Infinity, fewestNumbers = 0 }: LikelyMeaning) => {
    const meant = columnTexts.map((text) => text.trim()).filter((text) => pattern.test(text));
    const units = new Set(meant.map((text) => text.replace(/^[+-]?[\d.,' ]*|[+-]?\d+$/g, "")));
    const numbers = new Set(meant.map((text) => parseFloat(text)));
    return 2 * meant.length > columnTexts.length && units.size <= mostUnits &&
      numbers.size >= fewestNumbers;
  };
  const meant = LIKELY_MEANINGS.find(isMostly);
  return [
    ...(meant
      ? [`column "${name}" looks like ${meant.as}, but is read as text: ${meant.instead}`]
      : []),
    ...spellingWarnings(name, levels),
  ];
}
