/** Why rows were flagged, for people to read: the columns to blame, the value of each, and the value expected. */
import type { Decision } from "../../scoring/decisions/decide.ts";
import type { BlamedColumn } from "../../scoring/explain/blamed_column.ts";
import { explainerOf } from "../../scoring/explain/explain.ts";
import { type ExplainOptions, requireExplainOptions } from "../../scoring/explain/explainer.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { ScoreTable, TableScorer } from "../../scoring/table_scorer.ts";
import { printable, timeText } from "../text/text.ts";

/** As in the messages of errors. */
const MAX_CHARACTERS = 40;

/** What is known about flagged rows, besides the contributions that were asked for. */
export interface FlaggedRows {
  /** `[rows, columns]`, for all rows. */
  readonly contributions: Float64Array;
  /** The blamed columns of each flagged row, by its index. */
  readonly blamed: ReadonlyMap<number, readonly BlamedColumn[]>;
}

export function explainFlagged(
  scorer: TableScorer,
  { data, rows }: Cells,
  { scores, contributions: scoreContributions }: Pick<ScoreTable, "scores" | "contributions">,
  { verdict }: Decision,
  options: ExplainOptions,
): FlaggedRows {
  const explainer = explainerOf(scorer), checked = requireExplainOptions(options);
  const contributions = checked.conditional
    ? explainer.conditional({ data, rows }, scores)
    : scoreContributions;
  const isFlagged = (r: number) => verdict(r) === "anomaly";
  const flagged = Array.from({ length: rows }, (_, r) => r).filter(isFlagged);
  if (scorer.window !== undefined) {
    // What is expected of a step depends on the steps around it, flagged or not.
    const all = { data, rows }, blame = explainer.blame(all, contributions, checked, isFlagged);
    const described = flagged.map((r) =>
      [r, explainer.describe(all, contributions, blame, r)] as const
    );
    return { contributions, blamed: new Map(described) };
  }
  const width = scorer.columns.length;
  const selectFlagged = (values: Float64Array) =>
    Float64Array.from(
      { length: flagged.length * width },
      (_, i) => values[flagged[Math.floor(i / width)] * width + i % width],
    );
  const cells = { data: selectFlagged(data), rows: flagged.length },
    flaggedContributions = selectFlagged(contributions);
  const blame = explainer.blame(cells, flaggedContributions, checked);
  const blamed = flagged.map((r, i) =>
    [r, explainer.describe(cells, flaggedContributions, blame, i)] as const
  );
  return { contributions, blamed: new Map(blamed) };
}

/** "temperature 91.2, expected 63.4 (58.0 to 68.9); flow 3.10, expected 2.20 (1.90 to 2.45)" */
export function explanation(blamed: readonly BlamedColumn[] = []): string {
  return explanations(blamed).join("; ");
}

/**
 * A sentence for each blamed column, but not for cells as the others let expect: they have a share of the blame because
 * they disagree with a cell that is wrong. If there are no others, the row is unusual as a whole.
 */
export function explanations(blamed: readonly BlamedColumn[]): string[] {
  const odd = blamed.filter((each) => !isAsExpected(each));
  if (odd.length > 0 || blamed.length === 0) return odd.map(sentence);
  const cells = blamed.map(found), last = cells.pop();
  const listed = [...(cells.length > 0 ? [cells.join(", ")] : []), last].join(" and ");
  return [`${listed}, as expected from the other cells: the row as a whole is unusual`];
}

/** A level must also be likelier than all others together. */
function isAsExpected({ value, expected, probability = 1, unseen }: BlamedColumn): boolean {
  return !unseen && value !== null && value === expected && probability > 0.5;
}

function sentence(blamed: BlamedColumn): string {
  const { value, expected, interval, probability, unseen } = blamed;
  if (expected === null) return found(blamed);
  const [low, high] = interval ?? [], percent = `${(100 * (probability ?? 0)).toFixed(0)} %`;
  if (value === expected && probability !== undefined && !unseen) {
    return `${found(blamed)}, ${percent} likely, and no other value more`;
  }
  const text = cellTexts(blamed);
  const intervalText = low === undefined || high === undefined
    ? ""
    : ` (${text(low)} to ${text(high)})`;
  const probabilityText = probability === undefined ? "" : ` (${percent} likely)`;
  return `${found(blamed)}, expected ${text(expected)}${intervalText}${probabilityText}`;
}

/** The column and its cell. */
function found(blamed: BlamedColumn): string {
  const { column, value, unseen } = blamed;
  return `${printable(column)} ${
    unseen ? "holds a new or rare value" : value === null ? "unknown" : cellTexts(blamed)(value)
  }`;
}

/** How cells of the column are shown. */
function cellTexts({ interval }: BlamedColumn): (cell: number | string) => string {
  const [low, high] = interval ?? [];
  const width = typeof low === "number" && typeof high === "number" ? high - low : undefined;
  return (cell) =>
    typeof cell === "number" ? rounded(cell, width) : shortened(timeText(printable(cell)));
}

/** A text as long as a person reads in passing. */
function shortened(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}

/** Rounds to three digits of the interval's width. */
function rounded(value: number, width = 0): string {
  if (Math.abs(value) >= 1e9 || !(width > 0)) return String(Number(value.toPrecision(6)));
  if (Number.isInteger(value) && Number.isInteger(width)) return String(value);
  return value.toFixed(Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(width)))));
}
