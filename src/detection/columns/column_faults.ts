/**
 * Columns whose kind cannot be told: numbers with a few texts among them, which are probably mistakes, and amounts of
 * which only some have a per cent sign. All of a table are refused at once: who mends one column and trains again
 * should not be shown the next.
 */
import { RowError } from "../../core/row_error.ts";
import { show } from "../../core/validate.ts";
import { type ColumnTally, type FirstText, MAX_WORDS } from "../../formats/sample/column_tally.ts";
import type { CellPlace } from "../../formats/sample/written_forms.ts";

/** A column at fault. */
export interface ColumnFault {
  readonly name: string;
  /** The row, if only one is at fault. */
  readonly row?: number;
  /** What is wrong there. @param words of this and other columns that may stand for missing values */
  readonly describe: (words: readonly string[]) => string;
  /** An example: a text and its row. */
  readonly example: string;
  readonly words: readonly string[];
}

/** Most columns named besides the first. */
const MAX_NAMED = 9;

/** @throws RowError about the first column at fault, naming the others */
export function refuseFaults(faults: readonly ColumnFault[]): void {
  if (faults.length === 0) return;
  const [{ name, row, describe }, ...others] = faults;
  const words = [...new Set(faults.flatMap((each) => each.words))];
  const named = others.slice(0, MAX_NAMED).map((each) =>
    `column ${show(each.name)} (${each.example})`
  );
  if (others.length > MAX_NAMED) named.push(`${others.length - MAX_NAMED} more`);
  const last = named.pop(), listed = [...(named.length > 0 ? [named.join(", ")] : []), last];
  const also = last === undefined ? "" : `; also at fault: ${listed.join(" and ")}`;
  throw new RowError(`${describe(words)}${also}`, row, name);
}

/** What spreadsheets call their last row. */
const IS_TOTAL = /^(?:grand |sub-?)?(?:total|sum)s?:?$|^(?:gesamt|summe|totaal|somme|suma)\b/i;

/** A value below or above what could be measured. */
const IS_BOUND = /^[<>≤≥]=?\s*[+-]?[\d.,]+$/;

/** A text in a column of numbers. @param isDrawn whether the table is part of a longer one, whose rows were counted */
export function textFault(
  name: string,
  tally: ColumnTally,
  { row, text, isForeign }: FirstText,
  isDrawn: boolean,
): ColumnFault {
  const example = `${show(text)} in row ${row}`;
  const isOrdinary = !isForeign && !IS_BOUND.test(text) && !IS_TOTAL.test(text);
  const advice = (words: readonly string[]) =>
    isForeign
      ? "a number with a decimal point and no thousands separators (or declare the column numeric:1,234.50, numeric:1.234,50 or, for addresses and other codes, categorical)"
      : IS_BOUND.test(text)
      ? "a number, as in most rows of this column (write the bound itself, or leave the cell empty)"
      : IS_TOTAL.test(text)
      ? "a number, as in most rows of this column (delete the row if it holds totals)"
      : `a number, as in most rows of this column (${
        hintFor(tally, words)
      }, or declare the column categorical)`;
  return {
    name,
    // The tally counts the rows of the whole table, whoever passes on a sample those of the sample.
    ...(!isDrawn && { row }),
    describe: (words) => `expected ${advice(words)}, got ${isDrawn ? example : show(text)}`,
    example,
    words: isOrdinary ? missingWords(tally) : [],
  };
}

/** Amounts of which only some have a per cent sign. */
export function perCentFault(name: string, unlike: readonly CellPlace[]): ColumnFault {
  const example = unlike.map(({ text, row }) => `${show(text)} in row ${row}`).join(" and ");
  return {
    name,
    describe: () => `expected a per cent sign in every cell but 0, or in none, got ${example}`,
    example,
    words: [],
  };
}

/** The same few words, again and again, probably stand for missing values, but not what has digits: 3+, 120/80. */
function missingWords({ others, words, firstText }: ColumnTally): readonly string[] {
  const isOne = others === 1 && firstText?.row === 1;
  if (isOne || words.size > MAX_WORDS || others === words.size) return [];
  return [...words].filter((word) => !/\d/.test(word));
}

/** What to do with texts among numbers. @param words of all columns at fault */
function hintFor(tally: ColumnTally, words: readonly string[]): string {
  if (tally.others === 1 && tally.firstText?.row === 1) {
    return "leave the cell empty if it is missing, delete the row if it holds units";
  }
  if (missingWords(tally).length === 0) return "leave the cell empty if it is missing";
  const quoted = words.map(show), last = quoted.pop();
  return quoted.length === 0
    ? `if ${last} stands for a missing value, list it as missing`
    : `if ${quoted.join(", ")} and ${last} stand for missing values, list them as missing`;
}
