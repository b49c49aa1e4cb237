/**
 * Times of day and days of the week that do not occur in a table. A detector sees a time as its position on both
 * circles (`scoring/table/expansion.ts`), so rows at unseen times stand out, however ordinary they are.
 */
import type { Cells } from "../../scoring/table/cells.ts";

/** How many of the 24 hours of the day, and of the 7 days of the week, in UTC, do not occur in a column of times. */
export interface UnseenTimes {
  readonly hours: number;
  readonly days: number;
}

const HOUR = 3600, DAY = 24 * HOUR;

/**
 * Undefined for a column without times. For dates, which are all at midnight, hours are not counted, and for times of
 * day, which are all of 1970-01-01, no days of the week.
 */
export function findUnseenTimes(
  { data, rows }: Cells,
  width: number,
  c: number,
): UnseenTimes | undefined {
  const hours = new Set<number>(), days = new Set<number>();
  let isDate = true, isTime = true;
  for (let r = 0; r < rows; r++) {
    const seconds = data[r * width + c];
    if (Number.isNaN(seconds)) continue;
    const secondOfDay = seconds - DAY * Math.floor(seconds / DAY);
    isDate &&= secondOfDay === 0;
    isTime &&= secondOfDay === seconds;
    hours.add(Math.floor(secondOfDay / HOUR));
    days.add(Math.floor(seconds / DAY) - 7 * Math.floor(seconds / (7 * DAY)));
  }
  if (days.size === 0) return undefined;
  return { hours: isDate ? 0 : 24 - hours.size, days: isTime ? 0 : 7 - days.size };
}

/** The warning about such a column. */
export function unseenTimesWarning(times: UnseenTimes): string {
  return `${describeUnseenTimes(times)}: rows from then will score high unless it is left out`;
}

/** For example "has no times in 3 of the 24 hours of the day and on 2 of the 7 days of the week (UTC)". */
export function describeUnseenTimes({ hours, days }: UnseenTimes): string {
  const parts = [
    ...(hours > 0 ? [`in ${hours} of the 24 hours of the day`] : []),
    ...(days > 0 ? [`on ${days} of the 7 days of the week`] : []),
  ];
  return `has no times ${parts.join(" and ")} (UTC)`;
}
