/**
 * Infers the kinds of the columns of a table.
 *
 *   all numbers   binary        0 and 1, both
 *                 count         whole numbers from 0
 *                 positive      above 0, the largest at least a thousand times the smallest
 *                 numeric       any others
 *   any text      timestamp     every text is a point in time, ISO 8601 or of one other format
 *                 numbers       every text is an amount of one format
 *                 binary        two texts
 *                 categorical   other texts
 *                 rejected      more than half of the cells are numbers, so the text is probably a mistake, as are
 *                               numbers with a decimal comma or thousands separators
 *
 * Numbers are never inferred to be identifiers: an override declares a column of codes as a category, and seconds since
 * 1970 as a timestamp. Levels are the most frequent texts among those that occur at least twice (of
 * a detector's training rows: `rows/trained_levels.ts`); all other texts, and unknown ones later, share one code. A
 * column of identifiers therefore has no levels and carries no information.
 */
import { RowError } from "../../core/row_error.ts";
import { type ColumnFault, perCentFault, refuseFaults, textFault } from "./column_faults.ts";
import { withMissingTexts } from "./declared_missing.ts";
import { show } from "../../core/validate.ts";
import { listNames } from "../../formats/errors.ts";
import type { CellReading } from "../../formats/mod.ts";
import { ColumnTally } from "../../formats/sample/column_tally.ts";
import type { NumberRange } from "../../formats/sample/written_forms.ts";
import type { RawTable } from "../../formats/table.ts";
import { encodeTable } from "../../scoring/table/encode_table.ts";
import {
  type CellFormat,
  codecOf,
  type ColumnKind,
  type ColumnSchema,
  hasLevels,
  parseSchema,
} from "../../scoring/table/schema.ts";
import { type Cells, takeColumn } from "../../scoring/table/cells.ts";

/** A user's declaration of a column. For kinds with levels, omitted levels are inferred. */
export interface ColumnOverride {
  /** Name of one of the table's columns. */
  readonly name: string;
  /** Kind of its values. */
  readonly kind: ColumnKind;
  /** Its levels. */
  readonly levels?: readonly string[];
  /** The format of its texts. */
  readonly format?: CellFormat;
  /** Its texts and numbers that stand for a missing value, besides the usual ones. */
  readonly missing?: readonly string[];
}

/**
 * Reads declarations of columns. Levels may be omitted, since they are inferred.
 * @throws TypeError or RangeError naming the field
 */
export function parseOverrides(field: string, value: unknown): ColumnOverride[] {
  const complete = Array.isArray(value)
    ? value.map((each) => hasLevels(each?.kind) && !each.levels ? { ...each, levels: [] } : each)
    : value;
  return parseSchema(field, complete)
    .map(({ levels, ...column }) => levels?.length ? { ...column, levels } : column);
}

/** How to read the cells of a table: columns with levels keep their texts unchanged. */
export function readingOf(overrides?: readonly ColumnOverride[]): CellReading {
  const texts = keptTexts(overrides);
  return texts.size === 0 ? "any" : { texts };
}

/** Columns that keep their texts: those with levels or a format. */
export function keptTexts(overrides: readonly ColumnOverride[] = []): ReadonlySet<string> {
  return new Set(
    overrides.filter(({ kind, format }) => hasLevels(kind) || format).map(({ name }) => name),
  );
}

/** Maximum number of inferred levels. */
export const MAX_INFERRED_LEVELS = 64;

/** The smallest ratio of the largest to the smallest value for the kind "positive". */
const MIN_POSITIVE_RATIO = 1000;

/**
 * Infers the schema of a table, and encodes its cells.
 * @param maxLevels maximum number of inferred levels of a category
 * @param missing texts and numbers that stand for missing values in any column, which the table does not hold any more
 * @throws RowError naming the columns with a text where a number belongs, or the column of an override that does not
 *   fit it; TypeError naming an override's column that the table does not have
 */
export function inferSchema(
  table: RawTable,
  overrides: readonly ColumnOverride[] = [],
  maxLevels: number = MAX_INFERRED_LEVELS,
  missing: readonly string[] = [],
): { readonly schema: ColumnSchema[]; readonly cells: Cells } {
  const { columns, data, rows } = table;
  const unknown = overrides.find(({ name }) => !columns.includes(name));
  if (unknown) {
    throw new TypeError(
      `Cannot read schema: the table has no column ${show(unknown.name)}, only ${
        listNames(columns)
      }`,
    );
  }
  const isOpen = new Set<string>(), faults: ColumnFault[] = [];
  const inferred = columns.map((name, c) => {
    const values = takeColumn(table, columns.length, c), texts = table.texts?.[c];
    const override = overrides.find((each) => each.name === name);
    const complete = (column: ColumnOverride) => completed(column, values, texts, maxLevels);
    if (override) return requireTwo(complete(override));
    const tally = table.drawn?.columns[c] ?? new ColumnTally().add(data, c, columns.length, texts);
    const byForms = texts && kindOfForms(name, tally);
    if (byForms && "kind" in byForms) {
      if (byForms.fitsBoth) isOpen.add(name);
      return complete({ name, ...byForms });
    }
    const kind = byForms ?? (texts ? kindOfTexts(table, c, tally) : kindOfNumbers(tally));
    if (typeof kind === "object") {
      faults.push(kind);
      return { name, kind: "numeric" as const };
    }
    // One of the two values may not occur in the sampled rows.
    const bothLevels = table.drawn && kind === "binary" &&
      [...texts ?? ["0", "1"]].sort(compareLevels);
    return complete({ name, kind, ...(bothLevels && { levels: bothLevels }) });
  });
  refuseFaults(faults);
  const hasCommas = table.decimalCommas || inferred.some(hasComma);
  const marked = hasCommas
    ? inferred.map((each) => isOpen.has(each.name) ? commaForm(each) : each)
    : inferred;
  const schema = withMissingTexts(marked, { missing, schema: overrides });
  // Most tables are plain numbers, and large, so they are not copied.
  const isPlain = !table.texts && schema.every((column) => codecOf(column).plain);
  return { schema, cells: isPlain ? { data, rows } : encodeTable(table, schema) };
}

function completed(
  { name, kind, levels, format }: ColumnOverride,
  values: Float64Array,
  texts: readonly string[] | undefined,
  maxLevels: number,
): ColumnSchema {
  return hasLevels(kind)
    ? { name, kind, levels: levels ?? levelsOf(kind, values, texts, maxLevels) }
    : { name, kind, ...(format && { format }) };
}

/** @throws RowError for a column that is declared binary and has more than two levels */
function requireTwo(column: ColumnSchema): ColumnSchema {
  const { name, kind, levels = [] } = column;
  if (kind !== "binary" || levels.length <= 2) return column;
  const examples = levels.slice(0, 3).map(show).join(", ");
  throw new RowError(
    `expected at most two levels of a binary column, got ${levels.length}, such as ${examples}: give its two levels, or declare the column categorical`,
    undefined,
    name,
  );
}

/**
 * The kind and format of a column in which every text is a date other than ISO 8601, or an amount; a fault if only some
 * amounts have a per cent sign.
 */
function kindOfForms(
  name: string,
  tally: ColumnTally,
):
  | Pick<ColumnSchema, "kind" | "format"> & { readonly fitsBoth?: boolean }
  | ColumnFault
  | undefined {
  const { order } = tally.forms, amounts = tally.forms.amounts(tally, tally.firstNumber);
  if (order && tally.numbers === 0 && !tally.times) return { kind: "timestamp", format: order };
  if (!amounts) return undefined;
  if (amounts.unlike) return perCentFault(name, amounts.unlike);
  const kind = kindOfNumbers(amounts.range);
  const { format, fitsBoth } = amounts;
  return { kind: kind === "binary" ? "count" : kind, format, fitsBoth };
}

function hasComma({ format }: ColumnSchema): boolean {
  return format?.startsWith("1.") ?? false;
}

/** 7 % and 19 % fit both marks: the next may be 5,5 % where other columns have decimal commas. */
function commaForm({ format, ...column }: ColumnSchema): ColumnSchema {
  return { ...column, format: format!.endsWith("%") ? "1.234,50 %" : "1.234,50" };
}

/** The kind of numbers in this range. */
export function kindOfNumbers({ smallest, largest, whole }: NumberRange): ColumnKind {
  if (largest <= smallest) return "numeric"; // constant, or nothing at all
  if (smallest >= 0 && whole) return largest === 1 ? "binary" : "count";
  return smallest > 0 && largest >= MIN_POSITIVE_RATIO * smallest ? "positive" : "numeric";
}

/** The kind of a column with texts. @returns a fault for a text in a column of numbers */
function kindOfTexts(
  { columns, texts, drawn }: RawTable,
  c: number,
  tally: ColumnTally,
): ColumnKind | ColumnFault {
  const { numbers, others, times, firstText } = tally;
  if (numbers > others && firstText) {
    return textFault(columns[c], tally, firstText, drawn !== undefined);
  }
  if (numbers === 0 && times) return "timestamp";
  return texts![c]!.length === 2 ? "binary" : "categorical";
}

/** Levels of a column: most frequent first, or for ordinal columns in numeric or alphabetical order. */
function levelsOf(
  kind: ColumnKind,
  values: Float64Array,
  texts: readonly string[] | undefined,
  maxLevels: number,
): readonly string[] {
  const counts = new Map<number, number>();
  for (const value of values) {
    if (!Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const textOf = (value: number) => texts ? texts[value] : `${value}`;
  const isCategory = kind === "categorical", minCount = isCategory ? 2 : 1;
  const levels = [...counts].filter(([, count]) => count >= minCount)
    .map(([value, count]) => ({ text: textOf(value), count }))
    .sort((a, b) => b.count - a.count || compareLevels(a.text, b.text))
    .slice(0, isCategory ? maxLevels : MAX_INFERRED_LEVELS).map(({ text }) => text);
  return isCategory ? levels : levels.sort(compareLevels);
}

/** Compares numbers by value, and other texts alphabetically. */
function compareLevels(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  if (!Number.isNaN(difference) && difference !== 0) return difference;
  return a < b ? -1 : a > b ? 1 : 0;
}
