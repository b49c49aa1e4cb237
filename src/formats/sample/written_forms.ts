/**
 * In which format all texts of a column are written, told text by text: dates with the day or the month first, numbers
 * with a decimal point or comma between separators, signs of currency or of percentages.
 *
 * A format is found only if no other fits: if no day of a column is above 12, or "1,234" has no "12.50" beside it, the
 * column stays what it was.
 */
import { type DateOrder, parseTimestamp } from "../../core/timestamp.ts";
import { type AmountFormat, parseAmount } from "../text/amounts.ts";

/** The numbers of a column. */
export interface NumberRange {
  /** Infinity if there is none. */
  readonly smallest: number;
  /** -Infinity if there is none. */
  readonly largest: number;
  /** Whether all are whole. */
  readonly whole: boolean;
}

/** A sign of currency, or one of the codes of ISO 4217 that are traded most. */
export const CURRENCY =
  "(?:\\p{Sc}|USD|EUR|JPY|GBP|CNY|AUD|CAD|CHF|HKD|SGD|SEK|KRW|NOK|NZD|INR|MXN|TWD|ZAR|BRL|DKK|PLN|THB|ILS|IDR|CZK|AED|TRY|HUF|CLP|SAR|PHP|MYR|COP|RUB|RON|PEN)";

/** What only a written number has: without it 030 123 456 is a telephone's, and ABC123 a name. */
const IS_AMOUNT = new RegExp(
  `^\\(?[-+−]?\\s*(?:${CURRENCY}[-+−\\d.,'’\\s]+|[-+−\\d.,'’\\s]*(?:[.,'’]\\d|%|${CURRENCY})[-+−\\d.,'’\\s]*[%]?)\\)?$`,
  "u",
);

const UNIT = new RegExp(`%|${CURRENCY}`, "u");

class Range implements NumberRange {
  smallest = Infinity;
  largest = -Infinity;
  whole = true;

  add({ smallest, largest, whole }: NumberRange): void {
    this.smallest = Math.min(this.smallest, smallest);
    this.largest = Math.max(this.largest, largest);
    this.whole &&= whole;
  }
}

/** The formats that are left after the texts so far. */
export class WrittenForms {
  readonly #orders = new Set<DateOrder>(["dmy", "mdy"]);
  readonly #amounts = new Map<AmountFormat, Range>([
    ["1,234.50", new Range()],
    ["1.234,50", new Range()],
  ]);
  /** Whether a number had a point, or a comma, which say what it means. */
  #hasPoint = false;
  #hasComma = false;
  /** Whether one had a sign or code of currency, or %. */
  #hasUnit = false;
  #hasText = false;

  /** Hears of a text that is no number as it stands. */
  add(text: string): void {
    this.#hasText = true;
    for (const order of this.#orders) {
      if (Number.isNaN(parseTimestamp(text, order))) this.#orders.delete(order);
    }
    this.#hasPoint ||= text.includes(".");
    this.#hasComma ||= text.includes(",");
    this.#hasUnit ||= UNIT.test(text);
    for (const [format, range] of this.#amounts) {
      const value = IS_AMOUNT.test(text.trim()) ? parseAmount(text, format) : NaN;
      if (!Number.isFinite(value)) this.#amounts.delete(format);
      else range.add({ smallest: value, largest: value, whole: Number.isInteger(value) });
    }
  }

  /** The format of all dates of a column without plain numbers. */
  get order(): DateOrder | undefined {
    const [order, other] = this.#orders;
    return this.#hasText && other === undefined ? order : undefined;
  }

  /**
   * The format of all numbers, and these.
   * @param plain numbers of the column as JavaScript writes them: in a column with decimal commas 1.000 was a thousand,
   *   and nobody knows any more
   */
  amounts(
    plain: NumberRange,
  ): { readonly format: AmountFormat; readonly range: NumberRange } | undefined {
    const hasPlain = plain.smallest <= plain.largest;
    const left = [...this.#amounts.keys()].filter((format) => !hasPlain || format === "1,234.50");
    const isOne = left.length === 1 &&
      (!hasPlain || !plain.whole || !this.#amounts.has("1.234,50"));
    if (!this.#hasText || left.length === 0) return undefined;
    if (!isOne && (this.#hasPoint || this.#hasComma)) return undefined;
    const [format] = left;
    // 10.100.200.101 is an address, and 100,200,300 a list: tenths or a unit make a number of them.
    const hasTenths = format === "1.234,50" ? this.#hasComma : this.#hasPoint || !plain.whole;
    if (!hasTenths && !this.#hasUnit) return undefined;
    const range = this.#amounts.get(format)!;
    range.add(plain);
    return { format, range };
  }
}
