/**
 * A block of a CSV file from bytes to the lines of its scores: read, scored and written by itself, in this
 * thread or another.
 */
import type { ByteBlock } from "../../formats/csv/byte_blocks.ts";
import { type CsvRows, PlainRows, type RowFormat } from "../../formats/csv/csv_rows.ts";
import { type DecimalMark, markedCodec } from "../../formats/csv/decimal_comma.ts";
import { decide, type DecisionOptions } from "../../scoring/decisions/decide.ts";
import type { ExplainOptions } from "../../scoring/explain/explain.ts";
import { requireCells } from "../../scoring/require_cells.ts";
import { codecOf } from "../../scoring/table/schema.ts";
import type { TableScorer } from "../../scoring/table_scorer.ts";
import { HEADER, VerdictLines } from "../../scoring/verdict_lines.ts";
import { explainFlagged, explanation } from "./explained.ts";
import type { LoadedModel } from "../models/model.ts";

/** Where the model's columns are in a file; plain data, for other threads. */
export interface FileLayout {
  readonly source: string;
  readonly width: number;
  readonly separator: string;
  /** Of numbers where cells are not separated by commas, as far as the first rows say. */
  readonly mark?: DecimalMark;
  /** The place of each of the model's columns. */
  readonly places: readonly number[];
}

/** How verdicts come about, and whether flagged rows are explained. */
export type Asked = DecisionOptions & {
  readonly falseAlarmRate: number;
  readonly explain?: ExplainOptions;
};

/** The names of what is written of each row. */
export function headerOf({ minConfidence, explain }: Partial<Asked>): string[] {
  const confidence = minConfidence === undefined ? [] : ["confidence"];
  return [...HEADER, ...confidence, ...(explain ? ["explanation"] : [])];
}

/** What became of a block. */
export interface ScoredBlock {
  readonly lines: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  readonly anomalies: number;
  readonly uncertain: number;
  /** The line of the first blank one, if blank lines end the block. */
  readonly blankLine?: number;
}

/** Reads a block's rows by the schema of a model. */
export function rowFormat({ units }: LoadedModel, layout: FileLayout): RowFormat {
  const { source, width, separator, mark, places } = layout;
  const columns = units.schema!.map((column, c) => {
    const codec = codecOf(column), marked = separator !== "," && codec.plain;
    return {
      name: column.name,
      index: places[c],
      codec: marked ? markedCodec(codec, mark) : codec,
    };
  });
  return { source, width, separator, mark, columns };
}

/** Reads blocks with quotes: `formats/csv/read_rows.ts`, which not every thread needs. */
export type ReadQuoted = (block: ByteBlock, format: RowFormat) => CsvRows;

/** What a block scorer is told, beside its model. */
export interface BlockOptions {
  readonly format: RowFormat;
  readonly asked: Asked;
}

/** Scores blocks of a file, one after another. */
export class BlockScorer {
  readonly #model: LoadedModel & { readonly scorer: TableScorer };
  readonly #options: BlockOptions;
  readonly #rows: PlainRows;
  readonly #lines: VerdictLines;

  constructor(model: LoadedModel & { readonly scorer: TableScorer }, options: BlockOptions) {
    this.#model = model;
    this.#options = options;
    this.#rows = new PlainRows(options.format);
    this.#lines = new VerdictLines(model.scorer);
  }

  /**
   * Reads, scores and writes.
   * @param into memory for the lines
   * @throws DataError naming row, line and column of what cannot be read
   */
  score(block: ByteBlock, readQuoted: ReadQuoted, into?: ArrayBuffer): ScoredBlock {
    const { scorer, units } = this.#model, { format, asked } = this.#options, { firstRow } = block;
    const { data, rows, blankLine } = block.quoted
      ? readQuoted(block, format)
      : this.#rows.read(block);
    requireCells(units, { data, rows, source: format.source }, firstRow);
    const table = scorer.scoreCells({ data, rows }), { scores } = table;
    const decision = decide(scorer.calibration, scores, asked);
    const why = asked.explain &&
      explainFlagged(scorer, { data, rows }, table, decision, asked.explain);
    const { contributions } = why ?? table;
    const { anomalies, uncertain, confidences } = decision;
    const more = (r: number) => [
      ...(confidences ? [confidences[r].toFixed(4)] : []),
      ...(why ? [explanation(why.blamed.get(r))] : []),
    ];
    const isMore = confidences !== undefined || why !== undefined;
    const lines = this.#lines.write({ scores, contributions }, decision, {
      firstRow,
      more: isMore ? more : undefined,
      into,
    });
    return { lines, rows, anomalies, uncertain, blankLine };
  }
}
