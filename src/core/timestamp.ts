/**
 * Timestamps in the ISO 8601 forms found in tables: 2024-03-09, 2024-03-09 10:14:33.5, 2024-03-09T10:14:33Z, …+01:00.
 * Without a zone they are UTC.
 */

const FORM =
  /^\s*(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?)?\s*(Z|[+-]\d\d:?\d\d)?\s*$/i;

/** Seconds since 1970-01-01T00:00:00Z; NaN if the text is not a timestamp. */
export function parseTimestamp(text: string): number {
  const parts = FORM.exec(text);
  if (!parts) return NaN;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "0", zone] = parts;
  const milliseconds = Date.UTC(+year, +month - 1, +day, +hour, +minute, +second);
  const there = new Date(milliseconds);
  // Date.UTC normalises days, hours and minutes out of range; refuse them.
  const real = there.getUTCDate() === +day && there.getUTCMonth() === +month - 1 &&
    +hour < 24 && +minute < 60 && +second < 60;
  return real ? milliseconds / 1000 + Number(fraction) - offsetSeconds(zone) : NaN;
}

/** Seconds that a zone is ahead of UTC. */
function offsetSeconds(zone: string | undefined): number {
  if (zone === undefined || zone.length === 1) return 0;
  const sign = zone[0] === "-" ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(-2)) * 60);
}
