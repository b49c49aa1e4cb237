/**
 * Warnings about columns of many rare levels, such as customers. A level whose rows all happen to calibrate is new to
 * the networks, and scores far higher than anything else in a row. If such rows are more than the false-alarm rate,
 * they set the threshold, and rows that are strange in another way stay below it.
 */
import { type Cells, takeColumn } from "../../scoring/table/cells.ts";
import { type ColumnSchema, hasLevels } from "../../scoring/table/schema.ts";

/** One sentence for each such column. */
export function unseenLevelWarnings(
  schema: readonly ColumnSchema[],
  training: Cells,
  calibration: Cells,
  falseAlarmRate: number,
): string[] {
  return schema.flatMap(({ name, kind }, c) => {
    if (!hasLevels(kind)) return [];
    const known = new Set(takeColumn(training, schema.length, c));
    const levels = takeColumn(calibration, schema.length, c);
    const unseen = levels.filter((level) => !Number.isNaN(level) && !known.has(level)).length;
    const share = unseen / calibration.rows;
    return share <= falseAlarmRate ? [] : [
      `column "${name}": ${
        Number((100 * share).toPrecision(2))
      } % of the calibration rows hold a value that no training row holds, and score high for it: rows that are strange in another way will hardly be flagged at a false-alarm rate of ${falseAlarmRate} unless it is left out`,
    ];
  });
}
