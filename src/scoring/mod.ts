/**
 * Scoring only: load a model file and score rows of tables, with no training code and no package. For a network and
 * rows of numbers without a table, `trained/mod.ts` suffices, and is a quarter smaller.
 *
 * ```ts
 * import { TableScorer } from "./mod.ts";
 * const scorer = await TableScorer.load(bytes);
 * const verdicts = await scorer.score([[5.1, 3.5, 1.4]]);
 * ```
 *
 * @module
 */
export * from "../trained/mod.ts";
export type { CellFault } from "../trained/rows/data_rule.ts";
export { Calibration } from "./decisions/calibration.ts";
export type { SeriesStep, SeriesStream, StepVerdict, StreamModel } from "./series/series_stream.ts";
export type { Vote } from "./series/vote.ts";
export type { Cells } from "./table/cells.ts";
export type { AmountFormat } from "../formats/text/amounts.ts";
export type { DateOrder } from "../core/timestamp.ts";
export type { CellFormat, ColumnKind, ColumnSchema } from "./table/schema.ts";
export type { Standardization } from "./table/standardize.ts";
export type { CellValue, TableRows } from "./table/table_rows.ts";
export { TableScorer } from "./table_scorer.ts";
export type { RowScore, ScoreTable, TableModel } from "./table_scorer.ts";
