/**
 * Warnings about columns that are named as labels are. A detector that trains on the labels learns what it should find,
 * so the labels of later rows, where there are any, decide their scores.
 */
import { hasLevels } from "../../scoring/table/schema.ts";
import type { ReadColumn } from "../columns/read_column.ts";

const LABELS = /^(?:labels?|target|ground[ _-]?truth)$/i;
const TWO_VALUED_LABELS = /^(?:is[ _-]?)?(?:outlier|anomal(?:y|ous)|fraud(?:ulent)?|class|y)$/i;

/** One sentence for an undeclared column with levels that has such a name. */
export function labelWarnings({ name, kind, declared }: ReadColumn): string[] {
  const isLabel = (hasLevels(kind) && LABELS.test(name)) ||
    (kind === "binary" && TWO_VALUED_LABELS.test(name));
  return !isLabel || declared ? [] : [
    `column "${name}" is trained on, but named like a label: leave it out if it says which rows are anomalies`,
  ];
}
