/**
 * What a false-alarm rate means in a day of normal steps, if a clock says how many there are.
 *
 *   steps  α · 86,400 / spacing
 *   runs   consecutive flagged steps count as one: the share of the steps that calibrate, each scored by a fit that had
 *          not seen it, at which a run begins, times 86,400 / spacing
 *
 * Limits: like the rate, both are measured on the training steps, and nothing is guaranteed.
 */
import type { SeriesClock, TableModel } from "../../scoring/table_model.ts";

const SECONDS_PER_DAY = 86_400;

/** False alarms in a day, of one series. */
export interface AlarmsPerDay {
  readonly steps: number;
  /**
   * Absent for a model that was loaded, because its file does not have the order of the steps that calibrated, and if
   * these were too few to follow each other, or no run began among them.
   */
  readonly runs?: number;
}

/** @returns undefined without a clock of times that are evenly spaced */
export function alarmsPerDay(
  { clock, runsPerStep }: Pick<TableModel, "clock" | "runsPerStep">,
  falseAlarmRate: number,
): AlarmsPerDay | undefined {
  const perDay = stepsPerDay(clock);
  if (perDay === undefined) return undefined;
  const runs = runsPerStep === undefined ? {} : { runs: runsPerStep * perDay };
  return { steps: falseAlarmRate * perDay, ...runs };
}

/**
 * Runs of scores above a threshold, per step: the share of steps at which one begins. Only steps that lie in a whole
 * window's number of windows are looked at, as almost all steps of a long series do: at the ends of a block, scores are
 * means of fewer windows, and single ones cross the threshold.
 * @param blocks scores of the steps of each block, in order
 * @returns undefined if the blocks are too short, or no run begins in them: no day has 14 alarms in 0 runs
 */
export function runsPerStepOf(
  blocks: readonly Float64Array[],
  window: number,
  threshold: number,
): number | undefined {
  let runs = 0, steps = 0;
  for (const scores of blocks) {
    for (let t = window; t <= scores.length - window; t++) {
      steps++;
      runs += Number(scores[t] > threshold && !(scores[t - 1] > threshold));
    }
  }
  return runs === 0 ? undefined : runs / steps;
}

function stepsPerDay(clock: SeriesClock | undefined): number | undefined {
  if (clock?.column.kind !== "timestamp" || !(clock.spacing > 0)) return undefined;
  return SECONDS_PER_DAY / clock.spacing;
}
