/**
 * Warnings about columns that were probably meant as something else. Texts that are dates or amounts in common
 * notations: they stay text, because the meaning of "3/9/24" or "1,234" depends on the country. Numbers that may be
 * codes, because some begin with 0: they stay numbers, because readings may be padded, too.
 */
import type { RawTable } from "../scoring/table/raw_table.ts";
import type { ColumnSchema } from "../scoring/table/schema.ts";

interface Meant {
  readonly pattern: RegExp;
  /** What such texts look like, and how to write them instead. */
  readonly as: string;
  readonly instead: string;
}

/** A currency sign, or one of the most traded ISO 4217 codes. */
const CURRENCY =
  "(?:\\p{Sc}|USD|EUR|JPY|GBP|CNY|AUD|CAD|CHF|HKD|SGD|SEK|KRW|NOK|NZD|INR|MXN|TWD|ZAR|BRL|DKK|PLN|THB|ILS|IDR|CZK|AED|TRY|HUF|CLP|SAR|PHP|MYR|COP|RUB|RON|PEN)";

const MEANT: readonly Meant[] = [
  {
    // 15.10.2024, 3/9/24 14:05, Oct 15, 2024, 15 October 2024; also ISO 8601 dates in the same column
    pattern:
      /^(?:\d{1,2}([./-])\d{1,2}\1\d{2,4}|\d{4}([./-])\d{1,2}\2\d{1,2}|\p{L}{3,9}\.? \d{1,2},? \d{4}|\d{1,2}\.? \p{L}{3,9}\.? \d{4})(?:[ ,T].*)?$/u,
    as: "dates",
    instead: "write them in ISO 8601, such as 2024-10-15",
  },
  {
    // $1,234.50, -$3, 12 €, EUR 12, 12.50 CHF
    pattern: new RegExp(
      `^[+-]?\\s*(?:${CURRENCY}\\s*[+-]?\\d[\\d.,' ]*|\\d[\\d.,' ]*${CURRENCY})$`,
      "u",
    ),
    as: "amounts of money",
    instead: "write plain numbers, such as 1234.50",
  },
  {
    // 12.5%, -3,7 %
    pattern: /^[+-]?\d[\d.,]*\s*%$/,
    as: "percentages",
    instead: "write plain numbers, such as 12.5",
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
      return `column "${name}" holds digits behind a leading zero, such as codes have, and ${taken} taken for numbers, ` +
        "which lose it: declare it categorical to keep codes as they are";
    }
    const own = schema[c].kind === "timestamp" ? [] : texts[c] ?? [];
    const isMostly = ({ pattern }: Meant) =>
      2 * own.filter((text) => pattern.test(text.trim())).length > own.length;
    return MEANT.filter(isMostly).map(({ as, instead }) =>
      `column "${name}" looks like ${as}, and is taken for text: ${instead}`
    );
  });
}
