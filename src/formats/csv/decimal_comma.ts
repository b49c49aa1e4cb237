/**
 * Numbers with a decimal comma, "3,14", in files whose separator is not a comma. A column has one decimal mark: the
 * first cell with a mark decides, and the other mark is refused from then on, because "1,234" could also be a thousand.
 * Numbers with thousands separators are not read as numbers.
 */
import { type CellCodec, parseNumber } from "../text/cells.ts";
import type { GatheredCells } from "../text/cell_gatherer.ts";

/** The decimal mark of a file or of a column. */
export type DecimalMark = "," | ".";

const COMMA = /^\s*[+-]?\d*,\d+(?:[eE][+-]?\d+)?\s*$/;
const GROUPED = /^\s*[+-]?\d{1,3}(?:[,.']\d\d\d)+(?:[,.]\d+)?\s*$/;

/** Whether a text would be a number in some country, though not here. */
export function isForeignNumber(text: string): boolean {
  return COMMA.test(text) || GROUPED.test(text);
}

/** The decimal mark of a cell, if it is a number with one. */
export function markOf(text: string): DecimalMark | undefined {
  if (COMMA.test(text)) return ",";
  return text.includes(".") && !Number.isNaN(parseNumber(text)) ? "." : undefined;
}

const withPoint = (text: string): string => text.replace(",", ".");

/** Reads numbers with one decimal mark: the given one, or that of the first cell that has one. */
export function markedCodec(codec: CellCodec, mark?: DecimalMark): CellCodec {
  let known = mark;
  return {
    plain: codec.plain && mark !== undefined,
    encode(cell) {
      const cellMark = typeof cell === "string" ? markOf(cell) : undefined;
      if (cellMark === undefined) return codec.encode(cell);
      known ??= cellMark;
      if (cellMark !== known) return undefined;
      return codec.encode(cellMark === "," ? withPoint(cell as string) : cell);
    },
    expected(cell) {
      const cellMark = typeof cell === "string" ? markOf(cell) : undefined;
      return cellMark === undefined || cellMark === known
        ? codec.expected(cell)
        : `a number with a decimal ${known === "," ? "comma" : "point"}, as elsewhere in the file`;
    },
  };
}

/**
 * Converts columns to numbers if each of their texts is an integer or has a decimal comma.
 * @param mayBe whether the rows of a column that are not here allow this
 */
export function readDecimalCommas(
  { data, texts }: GatheredCells,
  mayBe: (c: number) => boolean = () => true,
): GatheredCells {
  if (!texts) return { data };
  const width = texts.length, values = data.slice();
  const remainingTexts = texts.map((column, c) => {
    const numbers = column && mayBe(c) && numbersOf(column);
    if (!numbers) return column;
    for (let i = c; i < values.length; i += width) {
      if (!Number.isNaN(values[i])) values[i] = numbers[values[i]];
    }
    return undefined;
  });
  return remainingTexts.every((column) => column === undefined)
    ? { data: values }
    : { data: values, texts: remainingTexts };
}

function numbersOf(texts: readonly string[]): Float64Array | undefined {
  const isNumber = (text: string) => COMMA.test(text) || /^[+-]?\d+$/.test(text);
  if (!texts.some((text) => COMMA.test(text)) || !texts.every(isNumber)) return undefined;
  return Float64Array.from(texts, (text) => parseNumber(withPoint(text)));
}
