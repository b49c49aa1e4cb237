/**
 * Numbers with a decimal comma, "3,14", in files whose cells are not separated by commas. A column has one
 * mark: the first cell that has one decides, and the other is refused from then on, as "1,234" may as well be
 * a thousand. Separators of thousands are no numbers at all.
 */
import { type CellCodec, parseNumber } from "../text/cells.ts";
import type { GatheredCells } from "../text/cell_gatherer.ts";

/** What the numbers of a file, or of a column, have between units and tenths. */
export type DecimalMark = "," | ".";

const COMMA = /^\s*[+-]?\d*,\d+(?:[eE][+-]?\d+)?\s*$/;
const GROUPED = /^\s*[+-]?\d{1,3}(?:[,.']\d\d\d)+(?:[,.]\d+)?\s*$/;

/** Whether a text would be a number in some country, if not here. */
export function isForeignNumber(text: string): boolean {
  return COMMA.test(text) || GROUPED.test(text);
}

/** The mark of a cell that is a number and has one. */
export function markOf(text: string): DecimalMark | undefined {
  if (COMMA.test(text)) return ",";
  return text.includes(".") && !Number.isNaN(parseNumber(text)) ? "." : undefined;
}

const withPoint = (text: string): string => text.replace(",", ".");

/** Numbers of one mark: of the given, or of that of the first cell that has any. */
export function markedCodec(codec: CellCodec, mark?: DecimalMark): CellCodec {
  let known = mark;
  return {
    plain: mark !== undefined,
    encode(cell) {
      const own = typeof cell === "string" ? markOf(cell) : undefined;
      if (own === undefined) return codec.encode(cell);
      known ??= own;
      if (own !== known) return undefined;
      return codec.encode(own === "," ? withPoint(cell as string) : cell);
    },
    expected(cell) {
      const own = typeof cell === "string" ? markOf(cell) : undefined;
      return own === undefined || own === known
        ? codec.expected(cell)
        : `a number with a decimal ${known === "," ? "comma" : "point"}, as in the rows before`;
    },
  };
}

/**
 * Columns whose every text is a whole number or has a decimal comma, as numbers.
 * @param mayBe whether what is not here of a column lets it be one
 */
export function readCommas(
  { data, texts }: GatheredCells,
  mayBe: (c: number) => boolean = () => true,
): GatheredCells {
  if (!texts) return { data };
  const width = texts.length, values = data.slice();
  const left = texts.map((column, c) => {
    const numbers = column && mayBe(c) && numbersOf(column);
    if (!numbers) return column;
    for (let i = c; i < values.length; i += width) {
      if (!Number.isNaN(values[i])) values[i] = numbers[values[i]];
    }
    return undefined;
  });
  return left.every((column) => column === undefined)
    ? { data: values }
    : { data: values, texts: left };
}

function numbersOf(texts: readonly string[]): Float64Array | undefined {
  const isNumber = (text: string) => COMMA.test(text) || /^[+-]?\d+$/.test(text);
  if (!texts.some((text) => COMMA.test(text)) || !texts.every(isNumber)) return undefined;
  return Float64Array.from(texts, (text) => parseNumber(withPoint(text)));
}
