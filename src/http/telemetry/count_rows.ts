/** Counts answered rows, whichever door they came through and however they were written. */
import { isTable } from "../../scoring/units.ts";
import type { Numbers } from "../answers/answers.ts";
import type { Served } from "../models/catalogue.ts";
import { ANOMALY, P_VALUE } from "../verbs/verdict.ts";
import type { Metrics } from "./metrics.ts";

/** @param verb what the rows were answered with */
export function countRows(
  metrics: Metrics,
  { name, model }: Served,
  verb: string,
  { data, rows, columns }: Numbers,
): void {
  metrics.rows(name, verb, rows);
  if (verb !== "score" || !isTable(model)) return;
  const verdicts = metrics.verdicts(name);
  for (let at = 0; at < data.length; at += columns) {
    verdicts.add(data[at + P_VALUE], data[at + ANOMALY] === 1);
  }
}
