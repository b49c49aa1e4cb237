/**
 * The columns of a user's table, and how a cell becomes a number: a float64, NaN if the value is missing.
 *
 *   numeric    any numbers
 *   positive   numbers above 0, over orders of magnitude
 *   count      integers from 0
 *   timestamp  seconds since 1970, from text (`core/timestamp.ts`), a Date, or a number of seconds, milliseconds,
 *              microseconds or nanoseconds; with a format, from dates that begin with the day or the month, or that
 *              are eight digits, or from times of day alone
 *   binary, categorical, ordinal   the index of the cell in the column's `levels`; `levels.length` for
 *              every other value, whether rare, unseen, or of another type
 *
 * Numbers may also have a format: their texts may then contain separators, currency signs and percent signs.
 *
 * Any number is accepted, whatever the kind: a count of -3 is not an error but an anomaly, and raises the row's score
 * (`impossible.ts`). Text in a column of numbers is rejected.
 */
import { memoize } from "../../core/memoize.ts";
import { type DateOrder, parseTimestamp } from "../../core/timestamp.ts";
import { requireChoice, requireObject, show } from "../../core/validate.ts";
import { type AmountFormat, parseAmount } from "../../formats/text/amounts.ts";
import { type CellCodec, isMissing, parseNumber } from "../../formats/text/cells.ts";
import { isOneOf } from "../../formats/text/missing_texts.ts";

/** The kind of a column. */
export type ColumnKind =
  | "numeric"
  | "positive"
  | "count"
  | "binary"
  | "categorical"
  | "ordinal"
  | "timestamp";

/** All kinds, in the order of messages. */
export const COLUMN_KINDS: readonly ColumnKind[] = [
  "numeric",
  "positive",
  "count",
  "binary",
  "categorical",
  "ordinal",
  "timestamp",
];

/** The format of a column's texts, other than plain numbers and ISO 8601. */
export type CellFormat = DateOrder | AmountFormat;

const DATE_ORDERS = ["dmy", "mdy", "ymd", "time"] as const;
const AMOUNTS = ["1,234.50", "1.234,50", "1,234.50 %", "1.234,50 %"] as const;

/** The formats allowed for a kind. */
export function formatsOf(kind: ColumnKind): readonly CellFormat[] {
  return hasLevels(kind) ? [] : kind === "timestamp" ? DATE_ORDERS : AMOUNTS;
}

/** One column of a user's table. */
export interface ColumnSchema {
  /** Name in the table. */
  readonly name: string;
  /** Kind of its values. */
  readonly kind: ColumnKind;
  /** The values with a code, for kinds that have levels; in ascending order for ordinal columns. */
  readonly levels?: readonly string[];
  /** The format of its texts, if they are not plain numbers or ISO 8601. */
  readonly format?: CellFormat;
  /** Its texts and numbers that stand for a missing value, besides the usual ones. */
  readonly missing?: readonly string[];
}

/** Maximum number of levels of a column. */
const MAX_LEVELS = 4096;

/** Whether cells of this kind are encoded as indices of levels. */
export function hasLevels(kind: ColumnKind): boolean {
  return kind === "binary" || kind === "categorical" || kind === "ordinal";
}

/** A schema of numeric columns with these names. */
export function numericSchema(names: readonly string[]): ColumnSchema[] {
  return names.map((name) => ({ name, kind: "numeric" }));
}

/**
 * Parses a schema from a file or a user.
 * @param field name for error messages
 * @throws TypeError or RangeError naming the field
 */
export function parseSchema(field: string, value: unknown): ColumnSchema[] {
  if (!Array.isArray(value)) {
    throw new TypeError(
      `Cannot read ${field}: expected a list of columns, got ${show(value)}`,
    );
  }
  const schema = Array.from(value, (each, c) => parseColumn(`${field}[${c}]`, each));
  const names = new Set<string>();
  for (const { name } of schema) {
    if (names.has(name)) {
      throw new TypeError(`Cannot read ${field}: column "${name}" is listed twice`);
    }
    names.add(name);
  }
  return schema;
}

function parseColumn(field: string, value: unknown): ColumnSchema {
  const fields = requireObject(field, value, ["name", "kind", "levels", "format", "missing"]);
  if (typeof fields.name !== "string") {
    throw new TypeError(
      `Cannot read ${field}.name: expected a text, got ${show(fields.name)}`,
    );
  }
  const { name, levels } = fields;
  const kind = requireChoice(`${field}.kind`, fields.kind, COLUMN_KINDS);
  const ruledOut = hasLevels(kind) ? "format" : "levels";
  if (fields[ruledOut] !== undefined) {
    throw new TypeError(`Cannot read ${field}.${ruledOut}: a ${kind} column has no ${ruledOut}`);
  }
  const format = fields.format === undefined
    ? undefined
    : requireChoice(`${field}.format`, fields.format, formatsOf(kind));
  const missing = fields.missing === undefined
    ? undefined
    : requireLevels(`${field}.missing`, fields.missing);
  return {
    name,
    kind,
    ...(format && { format }),
    ...(hasLevels(kind) && { levels: requireLevels(`${field}.levels`, levels) }),
    ...(missing && { missing }),
  };
}

/** @throws TypeError or RangeError unless the value is a list of distinct texts */
export function requireLevels(field: string, value: unknown): readonly string[] {
  const texts = Array.isArray(value) && [...value].every((each) => typeof each === "string");
  if (!texts) {
    throw new TypeError(
      `Cannot read ${field}: expected a list of texts, got ${show(value)}`,
    );
  }
  const levels = value as readonly string[];
  if (levels.length > MAX_LEVELS) {
    throw new RangeError(
      `Cannot read ${field}: must be at most ${MAX_LEVELS}, got ${levels.length}`,
    );
  }
  const duplicate = levels.find((level, i) => levels.indexOf(level) !== i);
  if (duplicate !== undefined) {
    throw new TypeError(`Cannot read ${field}: level ${show(duplicate)} is listed twice`);
  }
  return levels;
}

/** How cells of a column are encoded. */
export const codecOf: (column: ColumnSchema) => CellCodec = /* @__PURE__ */ memoize(makeCodec);

function makeCodec({ missing, ...column }: ColumnSchema): CellCodec {
  const codec = valueCodec(column);
  if (!missing) return codec;
  const isMissing = isOneOf(missing), plain = codec.plain && missing.every(isNoNumber);
  const encode = (cell: unknown) => isMissing(cell) ? NaN : codec.encode(cell);
  return { ...codec, plain, decimal: codec.plain, encode };
}

const isNoNumber = (text: string) => Number.isNaN(parseNumber(text));

function valueCodec({ kind, levels = [], format }: ColumnSchema): CellCodec {
  if (hasLevels(kind)) return levelCodec(levels);
  if (kind === "timestamp") return timeCodec(format as DateOrder | undefined);
  return format ? amountCodec(format as AmountFormat) : NUMBERS;
}

const NUMBERS: CellCodec = {
  plain: true,
  encode(cell) {
    if (typeof cell === "number") return finiteOrMissing(cell);
    if (typeof cell === "boolean") return Number(cell);
    if (typeof cell !== "string") return cell === null || cell === undefined ? NaN : undefined;
    const comma = cell.indexOf(","), point = cell.indexOf(".");
    // With both marks, as in 1,058.38, the last one is the decimal mark in every country.
    const value = comma > 0 && point > 0
      ? parseAmount(cell, AMOUNTS[Number(comma > point)])
      : parseNumber(cell);
    return Number.isNaN(value) && !isMissing(cell) ? undefined : value;
  },
  expected: () => "a finite number",
};

/** Larger numbers count a smaller unit since 1970: in seconds they are the year 5138. */
const MAX_SECONDS = 1e11;

/** Of a number of seconds, milliseconds, microseconds or nanoseconds; undefined if it is larger than all of these. */
function inSeconds(value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  const unit = [1, 1e3, 1e6, 1e9].find((unit) => !(Math.abs(value) >= MAX_SECONDS * unit));
  return unit && value / unit;
}

function timeCodec(order?: DateOrder): CellCodec {
  const example = { dmy: "31.12.2024", mdy: "12/31/2024", ymd: "20241231", time: "18:00:00" };
  return {
    encode(cell) {
      if (cell instanceof Date) return finiteOrMissing(cell.getTime() / 1000);
      if (typeof cell === "boolean") return undefined;
      const isDigits = order === "ymd", given = isDigits && cell ? `${cell}` : cell;
      if (typeof given !== "string") return inSeconds(NUMBERS.encode(given));
      const time = parseTimestamp(given, order);
      if (!Number.isNaN(time)) return time;
      const seconds = inSeconds(NUMBERS.encode(given));
      return isDigits && seconds ? undefined : seconds;
    },
    expected: () =>
      `a time such as ${order ? example[order] : "2024-03-09T10:14:33Z"}` +
      (order === "ymd" ? "" : ", or seconds since 1970"),
  };
}

function amountCodec(format: AmountFormat): CellCodec {
  return {
    encode(cell) {
      if (typeof cell !== "string" || isMissing(cell)) return NUMBERS.encode(cell);
      const value = parseAmount(cell, format);
      return Number.isFinite(value) ? value : undefined;
    },
    expected: () => `a number such as ${format}`,
  };
}

/**
 * A text matches a level exactly, or else by its numeric value. Digit strings that lose digits as numbers match only
 * exactly.
 */
function levelCodec(levels: readonly string[]): CellCodec {
  const codes = new Map(levels.map((level, code) => [level, code]));
  const byNumber = new Map<string, number>();
  for (const [level, code] of codes) {
    const number = isInexact(level) ? undefined : numberText(level);
    if (number !== undefined && !byNumber.has(number)) byNumber.set(number, code);
  }
  const areCodes = levels.some(isInexact);
  const codeOf = (text: string): number => {
    const number = areCodes && isInexact(text) ? undefined : numberText(text);
    return codes.get(text) ?? (number === undefined ? undefined : byNumber.get(number)) ??
      (/^(?:true|false)$/i.test(text) ? booleanCode(text) : undefined) ?? levels.length;
  };
  // Spreadsheets write TRUE, Python True, JSON true, and some tables 1.
  const booleanCode = (text: string): number | undefined => {
    const code = levels.findIndex((level) => level.toLowerCase() === text.toLowerCase());
    return code < 0 ? undefined : code;
  };
  return {
    encode(cell) {
      if (cell === null || cell === undefined || Number.isNaN(cell)) return NaN;
      if (cell instanceof Date) return codeOf(cell.toISOString());
      if (typeof cell === "object") return undefined;
      if (typeof cell === "boolean") {
        return booleanCode(`${cell}`) ?? codes.get(`${Number(cell)}`) ?? levels.length;
      }
      if (typeof cell !== "string") return codeOf(`${cell}`);
      return codes.get(cell) ?? (isMissing(cell) ? NaN : codeOf(cell.trim()));
    },
    expected: () => "a text, a number, true, false or null",
  };
}

/** A number as JavaScript formats it; undefined for any other text. */
function numberText(text: string): string | undefined {
  const value = parseNumber(text);
  return Number.isNaN(value) ? undefined : `${value}`;
}

/** Whether a text of digits loses some as a number: 01234, or more than a float64 holds. */
function isInexact(text: string): boolean {
  return /^\d+$/.test(text) && `${Number(text)}` !== text;
}

/** The level whose code is nearest to a number; undefined for the code of unknown values. */
export function nearestLevel(levels: readonly string[], value: number): string | undefined {
  return levels[Math.min(Math.max(0, Math.round(value)), levels.length)];
}

function finiteOrMissing(value: number): number | undefined {
  return Number.isFinite(value) ? value : Number.isNaN(value) ? NaN : undefined;
}
