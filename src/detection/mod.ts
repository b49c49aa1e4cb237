/**
 * Anomaly detection for tables: fit, score, blame.
 *
 * @module
 */
export type { DetectorSpecOptions } from "./defaults.ts";
export { Detector } from "./detector.ts";
export type { DetectorOptions } from "./options.ts";
export {
  decide,
  type Decision,
  type DecisionOptions,
  type RowDecision,
} from "../scoring/decide.ts";
export { discover, type Discoveries } from "../scoring/false_discovery.ts";
export { type Pareto, Tail } from "../scoring/tail.ts";
export type { RowScore, ScoreTable } from "../scoring/table_scorer.ts";
export type { TableRows } from "../scoring/table_rows.ts";
