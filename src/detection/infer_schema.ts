/**
 * What the columns of a table are, from the table itself.
 *
 *   all numbers   binary        0 and 1, both
 *                 count         whole numbers from 0
 *                 positive      above 0, the largest a thousand times the smallest or more
 *                 numeric       any others
 *   any text      timestamp     every text is a point in time
 *                 binary        two texts
 *                 categorical   other texts
 *                 refused       more than half of the cells are numbers: then the text is a fault; as are
 *                               numbers with a comma or with separators of thousands
 *
 * Numbers are never taken for names of things: a column of codes is a category if an override says so,
 * and seconds since 1970 are a timestamp likewise. Levels are the texts that occur at least twice, the
 * 64 most frequent of them; all others count as one, as will what nobody has seen yet. So a column of
 * identifiers has no levels, and says nothing.
 */
import { show } from "../core/validate.ts";
import type { CellReading } from "../formats/mod.ts";
import { ColumnTally } from "../formats/sample/column_tally.ts";
import { encodeTable, type RawTable } from "../scoring/table/raw_table.ts";
import { type ColumnKind, type ColumnSchema, hasLevels } from "../scoring/table/schema.ts";
import { takeColumn } from "./take_cells.ts";
import type { Cells } from "../scoring/table/cells.ts";

/** What a user says of a column; the levels of a kind that has them are found if they are left out. */
export interface ColumnOverride {
  /** One of the table's columns. */
  readonly name: string;
  /** What it is. */
  readonly kind: ColumnKind;
  /** Its values. */
  readonly levels?: readonly string[];
}

/** How the cells of a table are to be read: texts of columns that have levels as they stand. */
export function readingOf(overrides: readonly ColumnOverride[] = []): CellReading {
  const texts = overrides.filter(({ kind }) => hasLevels(kind)).map(({ name }) => name);
  return texts.length === 0 ? "any" : { texts: new Set(texts) };
}

/** The most levels that are looked for. */
const FOUND_LEVELS = 64;

/** How many times the smallest the largest of positive numbers must be to be more than numeric. */
const ORDERS = 1000;

/**
 * The schema of a table, and its cells under this schema.
 * @throws TypeError naming row, from 1, and column of a text where a number belongs, or the column of
 *   an override that the table does not have
 */
export function inferSchema(
  table: RawTable,
  overrides: readonly ColumnOverride[] = [],
): { readonly schema: ColumnSchema[]; readonly cells: Cells } {
  const { columns, data, rows } = table;
  const unknown = overrides.find(({ name }) => !columns.includes(name));
  if (unknown) {
    throw new TypeError(
      `Cannot read schema: the table has no column ${show(unknown.name)}: it has ${
        columns.slice(0, 10).map(show).join(", ")
      }${columns.length > 10 ? ` and ${columns.length - 10} more` : ""}`,
    );
  }
  const schema = columns.map((name, c) => {
    const values = takeColumn(table, columns.length, c), texts = table.texts?.[c];
    const override = overrides.find((each) => each.name === name);
    if (override) return completed(override, values, texts);
    const tally = table.drawn?.columns[c] ?? new ColumnTally().add(data, c, columns.length, texts);
    const kind = texts ? ofTexts(table, c, tally) : ofNumbers(tally);
    // Of the two values one may be in no row that is drawn.
    const both = table.drawn && kind === "binary" && [...texts ?? ["0", "1"]].sort(inOrder);
    return completed({ name, kind, ...(both && { levels: both }) }, values, texts);
  });
  // Most tables are numbers as they are, and large.
  const isPlain = !table.texts && !schema.some(({ kind }) => hasLevels(kind));
  return { schema, cells: isPlain ? { data, rows } : encodeTable(table, schema) };
}

function completed(
  { name, kind, levels }: ColumnOverride,
  values: Float64Array,
  texts: readonly string[] | undefined,
): ColumnSchema {
  return hasLevels(kind)
    ? { name, kind, levels: levels ?? levelsOf(kind, values, texts) }
    : { name, kind };
}

function ofNumbers({ smallest, largest, whole }: ColumnTally): ColumnKind {
  if (largest <= smallest) return "numeric"; // constant, or nothing at all
  if (smallest >= 0 && whole) return largest === 1 ? "binary" : "count";
  return smallest > 0 && largest >= ORDERS * smallest ? "positive" : "numeric";
}

/** @throws TypeError naming the row of a text in a column of numbers */
function ofTexts({ columns, texts, drawn }: RawTable, c: number, tally: ColumnTally): ColumnKind {
  const { numbers, others, times, firstText } = tally;
  if (numbers > others && firstText) {
    const { row, text, isForeign } = firstText, column = `column "${columns[c]}"`;
    const number = isForeign
      ? "a number with a decimal point and no separators of thousands"
      : "a number, as in most rows of this column";
    const expected = `expected ${number}, or the column declared as categorical`;
    throw new TypeError(
      drawn
        ? `Cannot read ${column}: ${expected}, got ${show(text)} in row ${row}`
        : `Cannot read row ${row}, ${column}: ${expected}, got ${show(text)}`,
    );
  }
  if (numbers === 0 && times) return "timestamp";
  return texts![c]!.length === 2 ? "binary" : "categorical";
}

/** The levels of a column: most frequent first, of an ordinal one in the order of numbers or letters. */
function levelsOf(
  kind: ColumnKind,
  values: Float64Array,
  texts: readonly string[] | undefined,
): readonly string[] {
  const counts = new Map<number, number>();
  for (const value of values) {
    if (!Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const textOf = (value: number) => texts ? texts[value] : `${value}`;
  const least = kind === "categorical" ? 2 : 1;
  const levels = [...counts].filter(([, count]) => count >= least)
    .map(([value, count]) => ({ text: textOf(value), count }))
    .sort((a, b) => b.count - a.count || inOrder(a.text, b.text))
    .slice(0, FOUND_LEVELS).map(({ text }) => text);
  return kind === "categorical" ? levels : levels.sort(inOrder);
}

/** Numbers by size, before texts by their letters. */
function inOrder(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  if (!Number.isNaN(difference) && difference !== 0) return difference;
  return a < b ? -1 : a > b ? 1 : 0;
}
