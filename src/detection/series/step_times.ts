/**
 * What a column of times says of the steps of a series. Windows take rows for steps in the order of time and equally
 * far apart; where they are not, a window shows what never happened.
 *
 *   backward  steps at an earlier time than the step before: rows in another order, or of several series
 *   repeated  steps at the same time as the step before
 *   gaps      steps that come more than 1.5 usual times after the step before; if more than a tenth of the steps are
 *             half a usual time too early or late, time is uneven and has no gaps
 *
 * The usual time is the median of those above 0. Steps from or to a missing time are not looked at.
 */
import { select } from "../../core/select.ts";
import { filterValues } from "../rows/take_cells.ts";

/** Of the usual time, by which a step may come early or late. */
const MAX_SPACING_ERROR = 0.5;

/** A larger share of steps is no exception. */
const MAX_UNEVEN_SHARE = 0.1;

/** A sentence for each, without its full stop. @param seconds of the rows, NaN where missing */
export function stepTimeWarnings(name: string, seconds: Float64Array): string[] {
  const differences = seconds.subarray(1).map((time, i) => time - seconds[i]);
  const spacings = filterValues(differences, (time) => time === time), steps = spacings.length;
  if (steps === 0) return [];
  const count = (predicate: (time: number) => boolean) => filterValues(spacings, predicate).length;
  const backward = count((time) => time < 0), repeated = count((time) => time === 0);
  const warnings: string[] = [];
  if (backward > 0) {
    warnings.push(
      `column "${name}" goes back at ${backward} of ${steps} steps: a series is learnt in the order of its rows, which must be that of time`,
    );
  }
  if (repeated > 0) {
    warnings.push(
      `column "${name}" stands still at ${repeated} of ${steps} steps: rows with the same time count as consecutive steps`,
    );
  }
  return backward > 0 || repeated === steps
    ? warnings
    : [...warnings, ...spacingWarnings(name, spacings)];
}

function spacingWarnings(name: string, spacings: Float64Array): string[] {
  const positiveSpacings = filterValues(spacings, (time) => time > 0).slice();
  const median = select(positiveSpacings, (positiveSpacings.length - 1) >> 1);
  const uneven = filterValues(
    positiveSpacings,
    (time) => Math.abs(time - median) > MAX_SPACING_ERROR * median,
  );
  if (uneven.length > MAX_UNEVEN_SHARE * positiveSpacings.length) {
    return [
      `column "${name}" is unevenly spaced: windows count rows, whatever the time between them`,
    ];
  }
  const gaps = filterValues(uneven, (time) => time > median), count = gaps.length;
  if (count === 0) return [];
  const longest = gaps.reduce((max, time) => Math.max(max, time));
  return [
    `column "${name}" has ${count} gap${count > 1 ? "s" : ""}, ${
      count > 1 ? "the longest " : ""
    }of ${duration(longest)} where ${duration(median)} is usual: windows run across ${
      count > 1 ? "them" : "it"
    } unless rows of empty cells stand for the missing steps`,
  ];
}

const UNITS = [["days", 86_400], ["hours", 3600], ["minutes", 60]] as const;

/** In the largest unit of which there are two. */
function duration(seconds: number): string {
  const [name, unit] = UNITS.find(([, unit]) => seconds >= 2 * unit) ?? ["seconds", 1];
  const amount = Number((seconds / unit).toPrecision(3));
  return amount === 1 ? "1 second" : `${amount} ${name}`;
}
