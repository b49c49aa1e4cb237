/** Numbers, cells, lines and JSON as the commands print them. */
export { csvLine } from "../../formats/csv/csv_line.ts";

/** Text without line breaks and control characters, safe for a terminal whatever a column's name is. */
export function printable(text: string): string {
  return text.replace(/\s*\p{Cc}+\s*/gu, " ").trim();
}

/**
 * A word as a shell takes it: bare or in double quotes, which any shell reads, if nothing in it means anything to one;
 * otherwise in single quotes, within which nothing does, so that a name from a file runs no command when it is pasted.
 */
export function shellWord(text: string): string {
  if (/^[\w=:.,+-]+$/.test(text)) return text;
  return /^[^"$`\\!%]*$/.test(text) ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`;
}

/** What a table is called in a result. */
export function dataName(path: string): string {
  return path === "-" ? "standard input" : path;
}

/** The flag that declares a column, as a shell takes it. */
export function columnFlag(name: string, kind: string): string {
  return `--column ${shellWord(`${name}=${kind}`)}`;
}

/** The shortest number that rounds to the same float32. */
export function shortFloat32(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/**
 * A value that was computed in float32 as multiples of `unit`, without the digits that this precision cannot hold: to
 * 10⁻⁸ of the unit, or of the value if that is coarser.
 */
export function significant(value: number, unit: number): number {
  const digits = 9 + Math.max(0, magnitude(value) - magnitude(unit));
  return Number(value.toPrecision(Math.min(17, digits)));
}

function magnitude(value: number): number {
  return value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
}

/** Nats for people to read. */
export function nats(value: number): string {
  return Math.abs(value) < 1e6 ? value.toFixed(3) : value.toPrecision(4);
}

/** The names of up to `most` columns with the largest positive values, largest first. */
export function topColumns(
  values: ArrayLike<number>,
  offset: number,
  names: readonly string[],
  maxColumns: number,
): string[] {
  const top: string[] = [];
  for (let last = Infinity, at = -1; top.length < maxColumns;) {
    let best = -1;
    for (let c = 0; c < names.length; c++) {
      const value = values[offset + c];
      // Equal values come in column order.
      const isNext = value > 0 && (value < last || (value === last && c > at));
      if (isNext && (best < 0 || value > values[offset + best])) best = c;
    }
    if (best < 0) break;
    [last, at] = [values[offset + best], best];
    top.push(names[best]);
  }
  return top;
}

/** A time of ISO 8601 without zeros at its end: 2024-01-05T10:14, or a date alone. */
export function timeText(iso: string): string {
  return iso.replace(/(T00:00)?:?(00)?\.000Z$/, "");
}

/** A whole number for people to read: 3,772. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** "1 row", "2 rows". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** "12 rows", or "3 of 12 rows" if not all are meant. */
export function rowsOutOf(some: number, all: number): string {
  return some === all ? counted(all, "row") : `${count(some)} of ${counted(all, "row")}`;
}

/** A title and its lines: names on the left, values in one column; lines without a value are left out. */
export interface Section {
  readonly title?: string;
  readonly lines:
    readonly (readonly [name: string, value: string | readonly string[] | undefined])[];
}

/** Characters of a line in which a list is written. */
const LINE = 80;

/** Sections separated by blank lines, with all values in one column. */
export function report(sections: readonly Section[]): string {
  const names = sections.flatMap(({ lines }) => lines.map(([name]) => name.length));
  const width = Math.max(...names) + 2;
  const text = sections.map(({ title, lines }) =>
    [
      ...(title === undefined ? [] : [title]),
      ...lines.filter(([, value]) => value !== undefined)
        .map(([name, value]) =>
          name.padEnd(width) +
          (typeof value === "string" ? printable(value) : listed(value!, width))
        ),
    ].join("\n")
  );
  return `${text.join("\n\n")}\n`;
}

/** Items in one line if they fit, otherwise in columns, in lines that all begin at `start`. */
function listed(items: readonly string[], start: number): string {
  const line = items.join("  ");
  if (start + line.length <= LINE) return line;
  const cell = Math.max(...items.map(({ length }) => length)) + 2;
  const across = Math.max(1, Math.floor((LINE - start + 2) / cell)), lines: string[] = [];
  for (let i = 0; i < items.length; i += across) {
    lines.push(items.slice(i, i + across).map((item) => item.padStart(cell - 2)).join("  "));
  }
  return lines.join(`\n${" ".repeat(start)}`);
}

/** Words in lines of at most so many characters, separated by commas. */
export function wrapped(words: readonly string[], characters: number): string[] {
  const lines: string[] = [];
  words.forEach((word, i) => {
    const text = i < words.length - 1 ? `${word},` : word, last = lines.at(-1);
    const joined = `${last} ${text}`;
    if (last !== undefined && joined.length <= characters) lines[lines.length - 1] = joined;
    else lines.push(text);
  });
  return lines;
}

/** One JSON object on one line: `fields`, then each list, item by item, however long. */
export function* jsonLine(
  fields: Readonly<Record<string, unknown>>,
  lists: Readonly<Record<string, Iterable<unknown>>> = {},
): Generator<string> {
  yield JSON.stringify(fields).slice(0, -1);
  for (const [name, items] of Object.entries(lists)) {
    yield `,${JSON.stringify(name)}:[`;
    let separator = "";
    for (const item of items) {
      yield `${separator}${JSON.stringify(item)}`;
      separator = ",";
    }
    yield "]";
  }
  yield "}\n";
}

/** Joins pieces into larger ones, so that a million lines are not a million writes. */
export function* gathered(pieces: Iterable<string>, characters = 1 << 16): Generator<string> {
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < characters) continue;
    yield text;
    text = "";
  }
  if (text.length > 0) yield text;
}

/** A rate to four significant digits: 1/6 is 0.1667. */
export function rate(value: number): string {
  return String(Number(value.toPrecision(4)));
}
