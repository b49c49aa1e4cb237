/**
 * Formats verdicts as CSV lines in bytes: `row,score,p_value,anomaly,top_columns`, and any further cells. Used for the
 * output of `elbow score` and the answers of scoring jobs.
 */
import { csvLine } from "../formats/csv/csv_line.ts";
import { MAX_DECIMAL_BYTES, writeDecimal, writeWhole } from "../formats/text/decimal_bytes.ts";
import { PValueCache, TopColumnsCache } from "./csv_cell_caches.ts";
import type { Decision, RowDecision } from "./decisions/decide.ts";
import type { ScoreTable, TableScorer } from "./table_scorer.ts";

/** Number of columns to blame that are listed. */
export const TOP_COLUMNS = 3;

/** Column names of the CSV header. */
export const HEADER: readonly string[] = ["row", "score", "p_value", "anomaly", "top_columns"];

/** A regret as a further cell; empty for a row without one. */
export function regretCell(nats = NaN): string {
  return Number.isNaN(nats) ? "" : `${nats}`;
}

const COMMA = 44, NEWLINE = 10;

const UTF8 = new TextEncoder();

/** Between a p-value and the columns to blame. */
const VERDICTS: Readonly<Record<RowDecision, Uint8Array>> = {
  anomaly: UTF8.encode(",true,"),
  normal: UTF8.encode(",false,"),
  uncertain: UTF8.encode(",uncertain,"),
};

/**
 * Maximum length of a line without column names and further cells: a row number, a score, a p-value, a verdict and
 * separators.
 */
const MAX_NUMBERS_BYTES = 3 * MAX_DECIMAL_BYTES + 16;

/** Options of `write`. */
export interface LinesOptions {
  /** Number of rows before these. */
  readonly firstRow: number;
  /** Further cells of a line. */
  readonly extraCells?: (row: number) => readonly string[];
  /** Memory for the lines; if it is too small, new memory is allocated. */
  readonly buffer?: ArrayBuffer;
}

/** Formats verdicts of a model, repeatedly. */
export class VerdictLines {
  readonly #topColumns: TopColumnsCache;
  readonly #pValues: PValueCache;
  #out = new Uint8Array();
  #at = 0;

  constructor({ columns, calibration }: Pick<TableScorer, "columns" | "calibration">) {
    this.#topColumns = new TopColumnsCache(columns, TOP_COLUMNS);
    this.#pValues = new PValueCache(calibration.resolution);
  }

  /** One line per row. */
  write(
    { scores, contributions }: Pick<ScoreTable, "scores" | "contributions">,
    { pValues, verdict }: Pick<Decision, "pValues" | "verdict">,
    { firstRow, extraCells, buffer = new ArrayBuffer() }: LinesOptions,
  ): Uint8Array<ArrayBuffer> {
    const rows = scores.length, width = rows === 0 ? 0 : contributions.length / rows;
    this.#out = new Uint8Array(buffer);
    this.#at = 0;
    for (let r = 0; r < rows; r++) {
      const topColumns = this.#topColumns.of(contributions, r * width);
      this.#reserve(MAX_NUMBERS_BYTES + topColumns.length);
      const out = this.#out;
      let at = writeWhole(firstRow + r + 1, out, this.#at);
      out[at++] = COMMA;
      at = writeDecimal(scores[r], out, at);
      out[at++] = COMMA;
      at = writeBytes(this.#pValues.of(pValues[r]), out, at);
      at = writeBytes(VERDICTS[verdict(r)], out, at);
      at = writeBytes(topColumns, out, at);
      if (!extraCells) out[at++] = NEWLINE;
      this.#at = at;
      if (extraCells) this.#append(UTF8.encode(`,${csvLine(extraCells(r))}`));
    }
    return this.#out.subarray(0, this.#at);
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#at = writeBytes(bytes, this.#out, this.#at);
  }

  /** Makes room for this many more bytes. */
  #reserve(count: number): void {
    if (this.#at + count <= this.#out.length) return;
    const larger = new Uint8Array(2 * this.#out.length + count);
    larger.set(this.#out);
    this.#out = larger;
  }
}

/** @returns the index after the bytes */
function writeBytes(bytes: Uint8Array, out: Uint8Array, at: number): number {
  for (let i = 0; i < bytes.length; i++) out[at++] = bytes[i];
  return at;
}
