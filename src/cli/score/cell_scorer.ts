/** Rows that were read, from cells to the lines of their scores. */
import type { SecondLook } from "../../detection/second_look.ts";
import { decide, type Decision, type DecisionOptions } from "../../scoring/decisions/decide.ts";
import type { ExplainOptions } from "../../scoring/explain/explainer.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import type { ScoreTable, TableScorer } from "../../scoring/table_scorer.ts";
import { HEADER, regretCell, VerdictLines } from "../../scoring/verdict_lines.ts";
import { renumberingRows } from "../../trained/renumber.ts";
import { explainFlagged, explanation } from "./explained.ts";
import { type StrangeRow, strangestOf } from "./strangest.ts";

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

/** The result of some rows. */
export interface ScoredCells {
  readonly lines: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  readonly anomalies: number;
  readonly uncertain: number;
  /** Those with the highest scores; absent for the steps of a stream. */
  readonly strangest?: readonly StrangeRow[];
}

/** What a scorer needs besides its model. */
export interface CellOptions {
  readonly settings: ScoreSettings;
  /** Takes the second look; the caller disposes of it. */
  readonly second?: SecondLook;
}

/** Rows and their verdicts. */
export interface Judged {
  /** Number of rows before these. */
  readonly firstRow: number;
  readonly cells: Cells;
  readonly table: ScoreTable;
  readonly decision: Decision;
}

/** Scores some rows after others. */
export class CellScorer {
  readonly #scorer: TableScorer;
  readonly #options: CellOptions;
  readonly #lines: VerdictLines;

  constructor(scorer: TableScorer, options: CellOptions) {
    this.#scorer = scorer;
    this.#options = options;
    this.#lines = new VerdictLines(scorer);
  }

  judge(cells: Cells, firstRow: number): Judged {
    const table = renumberingRows(firstRow, () => this.#scorer.scoreCells(cells));
    const decision = decide(this.#scorer.calibration, table.scores, this.#options.settings);
    return { firstRow, cells, table, decision };
  }

  /** The regret of each flagged row, if asked for. @throws the signal's reason once it is aborted */
  async regrets(
    { cells, decision }: Judged,
    signal?: AbortSignal,
  ): Promise<Float64Array | undefined> {
    const isFlagged = (r: number) => decision.verdict(r) === "anomaly";
    return await this.#options.second?.regrets(cells, isFlagged, signal);
  }

  /** @param into memory for the lines */
  write(
    { firstRow, cells, table, decision }: Judged,
    into?: ArrayBuffer,
    regrets?: Float64Array,
  ): ScoredCells {
    const { settings } = this.#options, { scores } = table;
    const { anomalies, uncertain, confidences } = decision;
    const explained = settings.explain &&
      explainFlagged(this.#scorer, cells, table, decision, settings.explain);
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
    const { columns } = this.#scorer;
    const blamed = explained?.blamed;
    const strangest = strangestOf({ scores, contributions, blamed }, decision, firstRow, columns);
    return { lines, rows: cells.rows, anomalies, uncertain, strangest };
  }
}
