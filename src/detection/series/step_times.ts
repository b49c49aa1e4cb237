/**
 * What a column of times says of the steps of a series. Windows take rows for steps in the order of time and equally
 * far apart; where they are not, a window shows what never happened.
 *
 *   backward  steps at an earlier time than the step before: rows in another order, or of several series
 *   repeated  steps at the same time as the step before
 *   gaps      steps that come more than `MIN_GAP` usual times after the step before; if more than a tenth of the steps
 *             are half a usual time too early or late, time is uneven and has no gaps
 *
 * The usual time is the median of those above 0. Steps from or to a missing time are not looked at.
 */
import { select } from "../../core/select.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import { filterValues } from "../../scoring/table/take_cells.ts";

/** Of the usual time, by which a step may come early or late. */
const MAX_SPACING_ERROR = 0.5;

/** Usual times from a step to the next, above which steps are missing between them. */
export const MIN_GAP: number = 1 + MAX_SPACING_ERROR;

/** A larger share of steps is no exception. */
const MAX_UNEVEN_SHARE = 0.1;

const OF_SEVERAL = ": if they are of several series, name the column that tells them apart (by)";

/** What a column of times counts: seconds, or units of its own, such as cycles. */
export type ClockUnit = "seconds" | "units";

export function unitOf({ kind }: Pick<ColumnSchema, "kind">): ClockUnit {
  return kind === "timestamp" ? "seconds" : "units";
}

/**
 * A sentence for each, without its full stop.
 * @param seconds of the rows, NaN where missing
 * @param isLaidOut whether rows of empty cells stand for missing steps (`clock.ts`)
 */
export function stepTimeWarnings(
  name: string,
  seconds: ArrayLike<number>,
  isLaidOut: boolean = false,
  unit: ClockUnit = "seconds",
): string[] {
  const spacings = spacingsOf(seconds), steps = spacings.length;
  if (steps === 0) return [];
  const count = (predicate: (time: number) => boolean) => filterValues(spacings, predicate).length;
  const backward = count((time) => time < 0), repeated = count((time) => time === 0);
  const warnings: string[] = [];
  if (backward > 0) {
    warnings.push(
      `column "${name}" goes back at ${backward} of ${steps} steps: ${
        isLaidOut
          ? "rows from there on count as another series"
          : `a series is learnt in the order of its rows, which must be that of time${
            2 * backward > steps ? ": sort them, the earliest first" : OF_SEVERAL
          }`
      }`,
    );
  }
  if (repeated > 0) {
    const ofSeveral = repeated > MAX_UNEVEN_SHARE * steps ? OF_SEVERAL : "";
    warnings.push(
      `column "${name}" stands still at ${repeated} of ${steps} steps: rows with the same time count as consecutive steps${ofSeveral}`,
    );
  }
  return (backward > 0 && !isLaidOut) || 2 * repeated > steps
    ? warnings
    : [...warnings, ...spacingWarnings(name, spacings, isLaidOut, unit)];
}

/** That steps are not as far apart as those trained on were. @param trained seconds, 0 if unevenly spaced */
export function spacingWarning(
  name: string,
  seconds: ArrayLike<number>,
  trained: number,
  unit: ClockUnit = "seconds",
): string[] {
  const spacing = usualSpacing(seconds), ratio = spacing / trained;
  if (!(spacing > 0 && trained > 0) || (ratio < MIN_GAP && ratio > 1 / MIN_GAP)) return [];
  return [
    `steps of column "${name}" are ${duration(spacing, unit)} apart, and were ${
      duration(trained, unit)
    } apart in training: windows cover another time`,
  ];
}

/** The usual time between steps, seconds; 0 if they are unevenly spaced. */
export function usualSpacing(seconds: ArrayLike<number>): number {
  const { median, isUneven } = evenness(spacingsOf(seconds));
  return isUneven ? 0 : median;
}

/** From each step to the next, where both times are known. */
function spacingsOf(seconds: ArrayLike<number>): Float64Array {
  const differences = Float64Array.from(
    { length: Math.max(0, seconds.length - 1) },
    (_, i) => seconds[i + 1] - seconds[i],
  );
  return filterValues(differences, (time) => time === time);
}

function evenness(spacings: Float64Array) {
  const positive = filterValues(spacings, (time) => time > 0).slice();
  const median = positive.length === 0 ? 0 : select(positive, (positive.length - 1) >> 1);
  const uneven = filterValues(
    positive,
    (time) => Math.abs(time - median) > MAX_SPACING_ERROR * median,
  );
  return { median, uneven, isUneven: uneven.length > MAX_UNEVEN_SHARE * positive.length };
}

function spacingWarnings(
  name: string,
  spacings: Float64Array,
  isLaidOut: boolean,
  unit: ClockUnit,
): string[] {
  const { median, uneven, isUneven } = evenness(spacings);
  if (isUneven) {
    return [
      `column "${name}" is unevenly spaced: windows count rows, whatever the time between them`,
    ];
  }
  const gaps = filterValues(uneven, (time) => time > median), count = gaps.length;
  if (count === 0) return [];
  const longest = gaps.reduce((max, time) => Math.max(max, time)), them = count > 1 ? "them" : "it";
  return [
    `column "${name}" has ${count} gap${count > 1 ? "s" : ""}, ${
      count > 1 ? "the longest " : ""
    }of ${duration(longest, unit)} where ${duration(median, unit)} is usual: ${
      isLaidOut
        ? "the steps that are missing there count as empty"
        : `windows run across ${them} unless rows of empty cells stand for the missing steps`
    }`,
  ];
}

const UNITS = [["days", 86_400], ["hours", 3600], ["minutes", 60]] as const;

/** In the largest unit of which there are two. */
function duration(seconds: number, clock: ClockUnit): string {
  if (clock === "units") return `${Number(seconds.toPrecision(3))}`;
  const [name, unit] = UNITS.find(([, unit]) => seconds >= 2 * unit) ?? ["seconds", 1];
  const amount = Number((seconds / unit).toPrecision(3));
  return amount === 1 ? "1 second" : `${amount} ${name}`;
}
