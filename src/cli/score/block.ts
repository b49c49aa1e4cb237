/**
 * One block of a file, from bytes to the lines of its scores: read, scored and written on its own, in this thread or
 * another.
 */
import type { ByteBlock } from "../../formats/csv/byte_blocks.ts";
import type { BlockKeys, BlockRows, RowReader } from "../../formats/row_reader.ts";
import { decide, type Decision, type DecisionOptions } from "../../scoring/decisions/decide.ts";
import type { SecondLook } from "../../detection/second_look.ts";
import type { ExplainOptions } from "../../scoring/explain/explainer.ts";
import { requireCells } from "../../scoring/require_cells.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { ScoreTable, TableScorer } from "../../scoring/table_scorer.ts";
import { HEADER, regretCell, VerdictLines } from "../../scoring/verdict_lines.ts";
import { explainFlagged, explanation } from "./explained.ts";
import { type StrangeRow, strangestOf } from "./strangest.ts";
import { renumberingRows } from "../../trained/renumber.ts";
import type { LoadedModel } from "../models/model.ts";

/** How verdicts are reached, and what is written about flagged rows. */
export type ScoreSettings = DecisionOptions & {
  readonly falseAlarmRate: number;
  readonly explain?: ExplainOptions;
  /** Whether flagged rows get a second look. */
  readonly secondLook?: boolean;
};

/** The header of the written columns. */
export function headerOf({ minConfidence, secondLook, explain }: Partial<ScoreSettings>): string[] {
  return [
    ...HEADER,
    ...(minConfidence === undefined ? [] : ["confidence"]),
    ...(secondLook ? ["regret"] : []),
    ...(explain ? ["explanation"] : []),
  ];
}

/** Opens the second look, if asked for: nothing else loads the training code. */
export async function openSecondLook(
  scorer: TableScorer,
  settings: Partial<ScoreSettings>,
): Promise<SecondLook | undefined> {
  if (!settings.secondLook) return undefined;
  const { SecondLook } = await import("../../detection/second_look.ts");
  return new SecondLook(scorer);
}

/** The result of a block. */
export interface ScoredBlock {
  readonly lines: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  readonly anomalies: number;
  readonly uncertain: number;
  /** The line number of the first blank line, if blank lines end the block. */
  readonly blankLine?: number;
  /** Keys of rows that name their own columns. */
  readonly keys?: BlockKeys;
  /** Its rows with the highest scores; absent for the steps of a stream. */
  readonly strangest?: readonly StrangeRow[];
}

/** What a block scorer needs besides its model. */
export interface BlockOptions {
  /** For messages. */
  readonly source: string;
  readonly reader: RowReader;
  readonly settings: ScoreSettings;
  /** Takes the second look; the caller disposes of it. */
  readonly second?: SecondLook;
}

/** Scores blocks of a file, one after another. */
export class BlockScorer {
  readonly #model: LoadedModel & { readonly scorer: TableScorer };
  readonly #options: BlockOptions;
  readonly #lines: VerdictLines;
  #last: Promise<unknown> = Promise.resolve();

  constructor(model: LoadedModel & { readonly scorer: TableScorer }, options: BlockOptions) {
    this.#model = model;
    this.#options = options;
    this.#lines = new VerdictLines(model.scorer);
  }

  /**
   * Reads, scores and writes a block.
   * @param into memory for the lines
   * @throws DataError naming the row, line and column of a cell that cannot be read
   */
  score(block: ByteBlock, into?: ArrayBuffer): ScoredBlock {
    return this.#write(this.#judge(block), into);
  }

  /**
   * The same with a second look, one block at a time, because what was read must stay until then.
   * @throws the signal's reason once it is aborted
   */
  scoreWithRegret(
    block: ByteBlock,
    into?: ArrayBuffer,
    signal?: AbortSignal,
  ): Promise<ScoredBlock> {
    const { second } = this.#options;
    const scored = this.#last.then(async () => {
      const judged = this.#judge(block), { cells, decision } = judged;
      const isFlagged = (r: number) => decision.verdict(r) === "anomaly";
      return this.#write(judged, into, await second!.regrets(cells, isFlagged, signal));
    });
    this.#last = scored.catch(() => {});
    return scored;
  }

  #judge(block: ByteBlock): Judged {
    const { scorer, units } = this.#model, { source, reader, settings } = this.#options;
    const { firstRow } = block, { data, rows, blankLine, keys } = reader.read(block);
    requireCells(units, { data, rows, source }, firstRow);
    const cells = { data, rows };
    const table = renumberingRows(firstRow, () => scorer.scoreCells(cells));
    return {
      firstRow,
      blankLine,
      keys,
      cells,
      table,
      decision: decide(scorer.calibration, table.scores, settings),
    };
  }

  #write(
    { firstRow, blankLine, keys, cells, table, decision }: Judged,
    into?: ArrayBuffer,
    regrets?: Float64Array,
  ): ScoredBlock {
    const { settings } = this.#options, { scores } = table;
    const { anomalies, uncertain, confidences } = decision;
    const explained = settings.explain &&
      explainFlagged(this.#model.scorer, cells, table, decision, settings.explain);
    const { contributions } = explained ?? table;
    const extraCells = (r: number) => [
      ...(confidences ? [confidences[r].toFixed(4)] : []),
      ...(regrets ? [regretCell(regrets[r])] : []),
      ...(explained ? [explanation(explained.blamed.get(r))] : []),
    ];
    const isMore = confidences !== undefined || regrets !== undefined || explained !== undefined;
    const lines = this.#lines.write({ scores, contributions }, decision, {
      firstRow,
      extraCells: isMore ? extraCells : undefined,
      buffer: into,
    });
    const { columns } = this.#model.scorer;
    const strangest = strangestOf({ scores, contributions }, decision, firstRow, columns);
    return { lines, rows: cells.rows, anomalies, uncertain, blankLine, keys, strangest };
  }
}

/** A parsed block and its verdicts. */
interface Judged extends Pick<ByteBlock, "firstRow">, Pick<BlockRows, "blankLine" | "keys"> {
  readonly cells: Cells;
  readonly table: ScoreTable;
  readonly decision: Decision;
}
