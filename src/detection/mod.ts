/**
 * Anomaly detection for tables: fit, score, blame.
 *
 * @module
 */
export type { DetectorSpecOptions } from "./defaults.ts";
export { Detector } from "./detector.ts";
export type { DetectorOptions } from "./options.ts";
export type { RowScore, ScoreTable } from "../scoring/table_scorer.ts";
export type { TableRows } from "../scoring/table_rows.ts";
