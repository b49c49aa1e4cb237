/**
 * Cells of text formats: one number or one label from one piece of text, and how the cells of a column are read.
 * Limits: decimal numbers with a point; no thousands separators, no hexadecimal.
 */

/** How the cells of one column become numbers. The caller that knows the column chooses the codec. */
export interface CellCodec {
  /**
   * The number that encodes a cell as its format gives it: text, number, true, false or null. NaN if the cell is
   * missing, undefined if the column cannot take it.
   */
  encode(cell: unknown): number | undefined;
  /** Whether every number is encoded as itself; `encode` need not be called for one. */
  readonly plain?: boolean;
  /** Whether it reads numbers that may have a decimal comma in their file, as plain ones may. */
  readonly decimal?: boolean;
  /** What was expected instead of a cell that the column did not take, for a message. */
  expected(cell: unknown): string;
}

/** What a data cell must be, for a message. */
export const NUMBER_EXPECTED = "a finite number";

/** What a cell that looks like a missing value must be, for a message. */
export const MISSING_EXPECTED = "a finite number (missing values are not allowed here)";

/** What a label must be, for a message. */
export const LABEL_EXPECTED =
  "a label (a number, true or false, yes or no, anomaly or normal, outlier or inlier, o or n)";

/**
 * As people, databases, statistics programs and spreadsheets write it; MySQL's zero dates and Excel's errors among it.
 */
const MISSING = new Set(
  " na n/a n.a. n.a <na> nan -nan null (null) \\n none nil ? - -- – — . 0000-00-00 #n/a #value! #div/0! #ref! #num! #name? #null!"
    .split(" "),
);

const LABELS: ReadonlyMap<string, 0 | 1> = new Map([
  ...["anomaly", "anomalous", "outlier", "true", "yes", "o", "y"].map((word) => [word, 1] as const),
  ...["normal", "inlier", "false", "no", "n"].map((word) => [word, 0] as const),
]);

/** The number that a cell holds, or NaN if it holds no finite decimal number; spaces around it are allowed. */
export function parseNumber(text: string): number {
  const first = text.charCodeAt(0);
  // Number() reads "" and " " as 0 and "0x10" as 16: only text that starts as a decimal number goes to it.
  const plain = (first >= 48 && first <= 57) || first === 45 || first === 46 || first === 43;
  if (!plain) {
    const trimmed = text.trim();
    return trimmed.length === 0 || trimmed === text ? NaN : parseNumber(trimmed);
  }
  const second = text.charCodeAt(1) | 32;
  if (first === 48 && (second === 120 || second === 111 || second === 98)) return NaN;
  const value = Number(text);
  return Number.isFinite(value) ? value : NaN;
}

/** Whether a cell is one of the usual spellings of "no value". */
export function isMissing(text: string): boolean {
  return MISSING.has(text.trim().toLowerCase());
}

/** What {@link parseNumber} expected of a cell that it could not read. */
function expectedOf(text: string): string {
  return isMissing(text) ? MISSING_EXPECTED : NUMBER_EXPECTED;
}

/** Cells of numeric text. */
export const NUMBERS: CellCodec = {
  plain: true,
  encode(cell) {
    const value = parseNumber(cell as string);
    return Number.isNaN(value) ? undefined : value;
  },
  expected: (cell) => expectedOf(cell as string),
};

/** 1 for an anomaly, 0 for a normal row, undefined if the text is not a label. */
export type LabelParser = (text: string) => 0 | 1 | undefined;

/** Reads the usual labels; of numbers only 0 is normal. */
export function parseLabel(text: string): 0 | 1 | undefined {
  const word = LABELS.get(text.trim().toLowerCase());
  if (word !== undefined) return word;
  const value = parseNumber(text);
  if (Number.isNaN(value)) return undefined;
  return value === 0 ? 0 : 1;
}
