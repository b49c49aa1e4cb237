/**
 * Columns of texts that were meant as something else: dates and amounts as people write them. They stay text, as what
 * "3/9/24" and "1,234" are depends on the country; whoever wrote them can say.
 */
import type { RawTable } from "../scoring/table/raw_table.ts";

interface Meant {
  readonly pattern: RegExp;
  /** What such texts look like, and how to write them instead. */
  readonly as: string;
  readonly instead: string;
}

const MEANT: readonly Meant[] = [
  {
    // 15.10.2024, 3/9/24 14:05, Oct 15, 2024, 15 October 2024; ISO 8601 beside such
    pattern:
      /^(?:\d{1,2}([./-])\d{1,2}\1\d{2,4}|\d{4}([./-])\d{1,2}\2\d{1,2}|\p{L}{3,9}\.? \d{1,2},? \d{4}|\d{1,2}\.? \p{L}{3,9}\.? \d{4})(?:[ ,T].*)?$/u,
    as: "dates",
    instead: "write them in ISO 8601, such as 2024-10-15",
  },
  {
    // $1,234.50, -$3, 12 €
    pattern: /^[+-]?\s*(?:\p{Sc}\s*[+-]?\d[\d.,' ]*|\d[\d.,' ]*\p{Sc})$/u,
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

/** A sentence for each column of texts that are mostly such. */
export function textSentences({ columns, texts = [] }: RawTable): string[] {
  return columns.flatMap((name, c) => {
    const own = texts[c] ?? [];
    const isMostly = ({ pattern }: Meant) =>
      2 * own.filter((text) => pattern.test(text.trim())).length > own.length;
    return MEANT.filter(isMostly).map(({ as, instead }) =>
      `column "${name}" looks like ${as}, and is taken for text: ${instead}`
    );
  });
}
