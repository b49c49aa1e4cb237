/**
 * Points in time as text: ISO 8601 as tables have it, 2024-03-09, 2024-03-09 10:14:33.5, 2024-03-09T10:14:33Z, …+01:00,
 * also 2024/3/9; and, where it is known which comes first, days and months before years, 9.3.2024, 3/9/24 2:05 PM.
 * Without a zone they are UTC.
 */

/** Which comes first in a date that ends with its year: the day or the month. */
export type DateOrder = "dmy" | "mdy";

/** Year, mark, month and day; or two numbers, of which one is the day, and the year. Then the time. */
const PATTERN =
  /^\s*(?:(\d{4})([-/.])(\d\d?)\2(\d\d?)|(\d\d?)([-/.])(\d\d?)\6(\d{4}|\d\d))(?:(?:T|,? +)(\d\d?):(\d\d)(?::(\d\d)(\.\d{1,9})?)?\s*([ap]m)?)?\s*(Z|[+-]\d\d:?\d\d)?\s*$/i;

/**
 * Seconds since 1970-01-01T00:00:00Z; NaN if the text is no point in time.
 * @param order of dates that end with their year; without it they are none
 */
export function parseTimestamp(text: string, order?: DateOrder): number {
  const parts = PATTERN.exec(text);
  if (!parts) return NaN;
  const [hour = "0", minute = "0", second = "0", fraction = "0", meridiem, zone] = parts.slice(9);
  const date = parts[1] === undefined
    ? parseYearLast(parts, order)
    : [+parts[1], +parts[3], +parts[4]];
  const hours = meridiem === undefined
    ? +hour
    : +hour > 0 && +hour < 13
    ? +hour % 12 + (/p/i.test(meridiem) ? 12 : 0)
    : NaN;
  if (!date || !(hours < 24)) return NaN;
  const [year, month, day] = date;
  const milliseconds = Date.UTC(year, month - 1, day, hours, +minute, +second);
  const resolved = new Date(milliseconds);
  // Date.UTC counts on from a day, an hour or a minute that there is not.
  const isReal = resolved.getUTCDate() === day && resolved.getUTCMonth() === month - 1 &&
    +minute < 60 &&
    +second < 60;
  return isReal ? milliseconds / 1000 + Number(fraction) - offsetSeconds(zone) : NaN;
}

/** Points never divide a month from the day behind it, and may divide the parts of a version: 1.2.10. */
function parseYearLast(parts: RegExpExecArray, order: DateOrder | undefined): number[] | undefined {
  const [first, separator, second, year] = parts.slice(5);
  const isShort = year.length === 2;
  const isDotted = separator === ".";
  if (!order || isDotted && (order === "mdy" || isShort && (first + second).length < 4)) return;
  const fullYear = isShort ? +year + (+year < 70 ? 2000 : 1900) : +year;
  return order === "dmy" ? [fullYear, +second, +first] : [fullYear, +first, +second];
}

/** How far a zone's clocks are ahead. */
function offsetSeconds(zone: string | undefined): number {
  if (zone === undefined || zone.length === 1) return 0;
  const sign = zone[0] === "-" ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(-2)) * 60);
}
