/**
 * Warnings about columns that were probably meant as something else. Texts that are dates or amounts whose format is not
 * certain: they stay text, because the meaning of "3/9/24" or "$1,234" depends on the country. Numbers that may be
 * codes, because some begin with 0: they stay numbers, because readings may be padded, too.
 */
import type { RawTable } from "../scoring/table/raw_table.ts";
import { CURRENCY } from "../formats/sample/written_forms.ts";
import type { ColumnSchema } from "../scoring/table/schema.ts";

interface Meant {
  readonly pattern: RegExp;
  /** What such texts look like, and how to write them instead. */
  readonly as: string;
  readonly instead: string;
}

const MEANT: readonly Meant[] = [
  {
    // ISO 8601, also 2024/3/9, in a column with another text or a day that does not exist
    pattern: /^\d{4}([/-])\d{1,2}\1\d{1,2}(?:[ ,T].*)?$/u,
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
    // Oct 15, 2024, 15 October 2024
    pattern: /^(?:\p{L}{3,9}\.? \d{1,2},? \d{4}|\d{1,2}\.? \p{L}{3,9}\.? \d{4})(?:[ ,T].*)?$/u,
    as: "dates",
    instead: "write them in ISO 8601, such as 2024-10-15",
  },
  {
    // $1,234, -$3, 12 €, EUR 12, 12.50 CHF, 12%
    pattern: new RegExp(
      `^[+-]?\\s*(?:${CURRENCY}\\s*[+-]?\\d[\\d.,' ]*|\\d[\\d.,' ]*(?:${CURRENCY}|%))$`,
      "u",
    ),
    as: "amounts",
    instead:
      "declare it numeric:1,234.50 or numeric:1.234,50, whichever is its format, or write plain numbers",
  },
];

/** One sentence for each column of texts that mostly match a pattern, and for each of numbers that may be codes. */
export function textSentences(
  { columns, texts = [], padded = [] }: RawTable,
  schema: readonly ColumnSchema[],
  declared: readonly { readonly name: string }[] = [],
): string[] {
  return columns.flatMap((name, c) => {
    const isCode = padded.includes(name) &&
      (texts[c] || /^(?:count|binary)$/.test(schema[c].kind)) &&
      !declared.some((each) => each.name === name);
    if (isCode) {
      const taken = texts[c] ? "its digits are" : "is";
      return `column "${name}" holds digits with leading zeros, as codes have, but ${taken} read as numbers: ` +
        "declare it categorical to keep the zeros";
    }
    const { kind, format } = schema[c];
    const own = kind === "timestamp" || format ? [] : texts[c] ?? [];
    const isMostly = ({ pattern }: Meant) =>
      2 * own.filter((text) => pattern.test(text.trim())).length > own.length;
    return MEANT.filter(isMostly).slice(0, 1).map(({ as, instead }) =>
      `column "${name}" looks like ${as}, but is read as text: ${instead}`
    );
  });
}
