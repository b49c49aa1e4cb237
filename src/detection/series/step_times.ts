/**
 * What a column of times says of the steps of a series. Windows take rows for steps in the order of time and equally
 * far apart; where they are not, a window shows what never happened.
 *
 *   back    steps at an earlier time than the step before: rows in another order, or of several series
 *   still   steps at the same time as the step before
 *   gaps    steps that come more than 1.5 usual times after the step before; if more than a tenth of the steps are
 *           half a usual time too early or late, time is uneven and has no gaps
 *
 * The usual time is the median of those above 0. Steps from or to a missing time are not looked at.
 */
import { select } from "../../core/select.ts";
import { those } from "../take_cells.ts";

/** Of the usual time, by which a step may come early or late. */
const EVEN = 0.5;

/** A larger share of steps is no exception. */
const FEW = 0.1;

/** A sentence for each, without its full stop. @param seconds of the rows, NaN where missing */
export function stepTimeSentences(name: string, seconds: Float64Array): string[] {
  const between = seconds.subarray(1).map((time, i) => time - seconds[i]);
  const after = those(between, (time) => time === time), steps = after.length;
  if (steps === 0) return [];
  const count = (is: (time: number) => boolean) => those(after, is).length;
  const back = count((time) => time < 0), still = count((time) => time === 0);
  const said: string[] = [];
  if (back > 0) {
    said.push(
      `column "${name}" goes back at ${back} of ${steps} steps: a series is learnt in the order of its rows, which must be that of time`,
    );
  }
  if (still > 0) {
    said.push(
      `column "${name}" stands still at ${still} of ${steps} steps: rows with the same time count as consecutive steps`,
    );
  }
  return back > 0 || still === steps ? said : [...said, ...gapSentences(name, after)];
}

function gapSentences(name: string, after: Float64Array): string[] {
  const onward = those(after, (time) => time > 0).slice();
  const usual = select(onward, (onward.length - 1) >> 1);
  const uneven = those(onward, (time) => Math.abs(time - usual) > EVEN * usual);
  if (uneven.length > FEW * onward.length) {
    return [
      `column "${name}" is unevenly spaced: windows count rows, whatever the time between them`,
    ];
  }
  const gaps = those(uneven, (time) => time > usual), count = gaps.length;
  if (count === 0) return [];
  const longest = gaps.reduce((most, time) => Math.max(most, time));
  return [
    `column "${name}" has ${count} gap${count > 1 ? "s" : ""}, ${
      count > 1 ? "the longest " : ""
    }of ${duration(longest)} where ${duration(usual)} is usual: windows run across ${
      count > 1 ? "them" : "it"
    } unless rows of empty cells stand for the missing steps`,
  ];
}

const UNITS = [["days", 86_400], ["hours", 3600], ["minutes", 60]] as const;

/** In the largest unit of which there are two. */
function duration(seconds: number): string {
  const [name, unit] = UNITS.find(([, unit]) => seconds >= 2 * unit) ?? ["seconds", 1];
  const many = Number((seconds / unit).toPrecision(3));
  return many === 1 ? "1 second" : `${many} ${name}`;
}
