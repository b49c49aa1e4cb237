/**
 * Anomaly detection for tables: fit, score, blame.
 *
 * @module
 */
export type { DetectorSpecOptions } from "./defaults.ts";
export { Detector } from "./detector.ts";
export type { TrainedRows } from "./rows/trained_rows.ts";
export type { RowBatches } from "./rows/read_rows.ts";
export type { DetectorOptions, Preset } from "./options.ts";
export type { ColumnOverride } from "./columns/infer_schema.ts";
export type { StatisticName } from "../scoring/ensemble/statistics.ts";
export type { AmountFormat } from "../formats/text/amounts.ts";
export type { DateOrder } from "../core/timestamp.ts";
export type { CellFormat, ColumnKind, ColumnSchema } from "../scoring/table/schema.ts";
export {
  decide,
  type Decision,
  type DecisionOptions,
  type RowDecision,
} from "../scoring/decisions/decide.ts";
export { discover, type Discoveries } from "../scoring/decisions/false_discovery.ts";
export { type ExcessLaw, Tail } from "../scoring/decisions/tail.ts";
export type { ColumnDrift } from "./drift/column_drift.ts";
export type { DriftOptions, DriftReport } from "./drift/drift_report.ts";
export { DriftMonitor, type MonitorOptions } from "./drift/monitor.ts";
export { type ColumnReport, type DataReport, reportData } from "./data_report.ts";
export type { Spectrum } from "./columns/spectrum.ts";
export { auroc, averagePrecision, precisionAt } from "../scoring/metrics.ts";
export type { PartialFit, PartialFitOptions } from "./partial_fit.ts";
export type { Recalibration } from "./recalibrate.ts";
export type { DrawOptions } from "./rows/new_rows.ts";
export type { SaveOptions } from "./convert_format.ts";
export type { ScoreOptions } from "./second_look.ts";
export type { RowExplanation } from "../scoring/explain/explain.ts";
export type { BlamedColumn } from "../scoring/explain/blamed_column.ts";
export type { ExplainOptions } from "../scoring/explain/explainer.ts";
export type { SeriesStreams, StreamsOptions } from "../scoring/series/series_streams.ts";
export type { StepExplanation } from "../scoring/explain/newest_step.ts";
export type { FileFormat } from "../trained/file/quantize.ts";
export type { RowScore, ScoreTable } from "../scoring/table_scorer.ts";
export type { RawTable } from "../formats/table.ts";
export type { TableRows } from "../scoring/table/table_rows.ts";
