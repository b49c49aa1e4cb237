/**
 * Warnings about columns of many rare levels, such as customers. A level whose rows all happen to calibrate is new to
 * the networks. If more rows than the false-alarm rate hold one, they may set the threshold, and rows that are strange
 * in another way stay below it.
 */
import { type Cells, takeColumn } from "../../scoring/table/cells.ts";
import { type ColumnSchema, hasLevels } from "../../scoring/table/schema.ts";

/** The rows that calibrate, and the share of them that may score above the threshold. */
export interface CalibrationRows {
  readonly cells: Cells;
  readonly scores: Float64Array;
  readonly falseAlarmRate: number;
}

/**
 * Nats by which new levels must raise the threshold to be worth a warning. A ratio would not do: scores may be
 * negative.
 */
const MUCH_HIGHER = 3;

/** One sentence for each such column. */
export function unseenLevelWarnings(
  schema: readonly ColumnSchema[],
  training: Cells,
  { cells, scores, falseAlarmRate }: CalibrationRows,
): string[] {
  const threshold = upperQuantile(scores, falseAlarmRate);
  return schema.flatMap(({ name, kind }, c) => {
    if (!hasLevels(kind)) return [];
    const seen = new Set(takeColumn(training, schema.length, c));
    const levels = takeColumn(cells, schema.length, c);
    const ordinary = scores.filter((_, r) => Number.isNaN(levels[r]) || seen.has(levels[r]));
    if (ordinary.length === 0) return [];
    const without = upperQuantile(ordinary, falseAlarmRate);
    return threshold - without < MUCH_HIGHER ? [] : [
      `column "${name}": calibration rows with values that no training row holds raise the threshold from ${
        without.toFixed(1)
      } to ${
        threshold.toFixed(1)
      } nats: rows that are strange in another way may not be flagged unless it is left out`,
    ];
  });
}

/** The score that a share of the others exceed. */
function upperQuantile(scores: Float64Array, share: number): number {
  return scores.toSorted()[Math.ceil((1 - share) * (scores.length - 1))];
}
