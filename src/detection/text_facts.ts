/**
 * Columns that were meant as something else. Of texts: dates and amounts as people write them. They stay text, as what
 * "3/9/24" and "1,234" are depends on the country; whoever wrote them can say. Of numbers: codes of digits, of which some
 * begin with 0, also among texts. They stay numbers, as readings may be padded, too.
 */
import type { RawTable } from "../scoring/table/raw_table.ts";
import type { ColumnSchema } from "../scoring/table/schema.ts";

interface Meant {
  readonly pattern: RegExp;
  /** What such texts look like, and how to write them instead. */
  readonly as: string;
  readonly instead: string;
}

/** A sign of currency, or one of the codes of ISO 4217 that are traded most. */
const CURRENCY =
  "(?:\\p{Sc}|USD|EUR|JPY|GBP|CNY|AUD|CAD|CHF|HKD|SGD|SEK|KRW|NOK|NZD|INR|MXN|TWD|ZAR|BRL|DKK|PLN|THB|ILS|IDR|CZK|AED|TRY|HUF|CLP|SAR|PHP|MYR|COP|RUB|RON|PEN)";

const MEANT: readonly Meant[] = [
  {
    // 15.10.2024, 3/9/24 14:05, Oct 15, 2024, 15 October 2024; ISO 8601 beside such
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

/** A sentence for each column of texts that are mostly such, and for each of numbers that may be codes. */
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
