/**
 * Points in time as text. Without a zone they are UTC.
 *
 *   ISO 8601         2024-03-09, 2024-03-09 10:14:33.5, 2024-03-09T10:14:33Z, …+01:00, 20240309T101433Z, also 2024/3/9
 *   English months   9 Mar 2024, 09-Mar-24, March 9, 2024, Sat, 9 Mar 2024 10:14:33 +0000, Sat Mar 9 10:14:33 2024
 *   a known order    9.3.2024, 3/9/24 2:05 PM, 20240309
 *   no date          18:00, 6:00:00 PM, as of 1970-01-01
 */

/**
 * Which comes first in a date that ends with its year, the day or the month; or a date of eight digits; or a time of
 * day without a date.
 */
export type DateOrder = "dmy" | "mdy" | "ymd" | "time";

/**
 * Year, mark, month and day; or two numbers, of which one is the day, and the year. Then the time. No two runs of
 * spaces meet, so a cell of a million spaces takes no longer than its length.
 */
const PATTERN =
  /^(?:(\d{4})([-/.])(\d\d?)\2(\d\d?)|(\d\d?)([-/.])(\d\d?)\6(\d{4}|\d\d))(?:(?:T|,? +|:)(\d\d?):(\d\d)(?::(\d\d)([.,]\d{1,9})?)?(?:\s*([ap]m))?)?(?:\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?$/i;

/** Year, month and day, and hour, minute and second if there is a time. */
const DIGITS = /^(\d{4})(\d\d)(\d\d)(?:(T?)(\d\d)(\d\d)(\d\d)?)?/i;

/** The weekday; the day before the month or behind it, and the year, or a time before the year. */
const NAMED =
  /^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +)?(?:(\d\d?)(?:st|nd|rd|th)?\.?([-/ ]?) *([a-z]{3,9})\.?,?\2 *(\d{4}|\d\d)|([a-z]{3,9})\.? +(\d\d?)(?:st|nd|rd|th)?,? +(?:(\d\d?:[\d:]+(?: (?:UTC|GMT|[-+]\d{4}))?) +)?(\d{4}))(?!\d)/i;

const MONTHS =
  "january february march april may june july august september october november december"
    .split(" ");

/**
 * Seconds since 1970-01-01T00:00:00Z; NaN if the text is no point in time.
 * @param order of dates that end with their year, or of dates of eight digits; without it they are none
 */
export function parseTimestamp(text: string, order?: DateOrder): number {
  const trimmed = (order === "time" ? "1970-01-01T" : "") + text.trim(),
    parts = PATTERN.exec(trimmed) ?? PATTERN.exec(inNumbers(trimmed, order));
  if (!parts) return NaN;
  const [hour, minute = "0", second = "0", fraction = "0", meridiem, zone] = parts.slice(9);
  const date = parts[1] === undefined
    ? parseYearLast(parts, order)
    : [+parts[1], +parts[3], +parts[4]];
  const hours = meridiem === undefined
    ? +(hour ?? 0)
    : +hour > 0 && +hour < 13
    ? +hour % 12 + (/p/i.test(meridiem) ? 12 : 0)
    : NaN;
  // 2024-03-09-05 may be the fifth of a day.
  if (!date || !(hours < 24) || !hour && /^.\d\d$/.test(zone)) return NaN;
  const [year, month, day] = date;
  // Date.UTC takes 1 for 1901, and counts on from a day, an hour or a minute that there is not.
  const midnight = new Date(0), start = midnight.setUTCFullYear(year, month - 1, day) / 1000;
  const isReal = midnight.getUTCDate() === day && midnight.getUTCMonth() === month - 1 &&
    +minute < 60 &&
    +second < 60;
  const time = hours * 3600 + +minute * 60 + +second + Number(fraction.replace(",", "."));
  return isReal ? start + time - offsetSeconds(zone) : NaN;
}

/** A date with the name of its month, or of digits alone, as 2024-03-09; any other text unchanged. */
function inNumbers(text: string, order: DateOrder | undefined): string {
  const digits = DIGITS.exec(text);
  if (digits) {
    const [all, year, month, day, mark, hour, minute, second = "00"] = digits;
    const time = hour ? `T${hour}:${minute}:${second}` : "";
    return mark || order === "ymd"
      ? `${year}-${month}-${day}${time}${text.slice(all.length)}`
      : text;
  }
  const named = NAMED.exec(text);
  if (!named) return text;
  const [all, day, , name, year, nameFirst, dayBehind, time, yearLast] = named;
  const written = (name ?? nameFirst).toLowerCase();
  const month = 1 + MONTHS.findIndex((each) => each.startsWith(written));
  return `${year ? fullYear(year) : yearLast}-${month}-${day ?? dayBehind}${
    time ? ` ${time}` : ""
  }${text.slice(all.length)}`;
}

/** Points never divide a month from the day behind it, and may divide the parts of a version: 1.2.10. */
function parseYearLast(parts: RegExpExecArray, order: DateOrder | undefined): number[] | undefined {
  const [first, separator, second, year] = parts.slice(5);
  const isDotted = separator === ".", isShort = year.length === 2;
  if (order === "dmy" && !(isDotted && isShort && (first + second).length < 4)) {
    return [fullYear(year), +second, +first];
  }
  return order === "mdy" && !isDotted ? [fullYear(year), +first, +second] : undefined;
}

/** Two digits below 69 are of this century, as POSIX has it. */
function fullYear(year: string): number {
  return year.length > 2 ? +year : +year + (+year < 69 ? 2000 : 1900);
}

/** How far a zone's clocks are ahead. */
function offsetSeconds(zone = ""): number {
  if (!/\d/.test(zone)) return 0;
  const sign = zone[0] === "-" ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(3).replace(":", "")) * 60);
}
