/**
 * Infers the format that all texts of a column share, one text at a time: dates with the day or the month first, and
 * amounts with a decimal point or comma, separators of thousands, a currency or a per cent sign.
 *
 * A format is inferred only if no other fits. If no day of a column is above 12, or "1,234" has no "12.50" beside it,
 * the column stays text. If only some amounts of a column have a per cent sign, nobody knows what the others count.
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

/** A cell, for messages. */
export interface CellPlace {
  /** Its row, from 1. */
  readonly row: number;
  readonly text: string;
}

/** The amounts of a column. */
export interface Amounts {
  readonly format: AmountFormat;
  readonly range: NumberRange;
  /** Whether the other decimal mark fits as well, because no amount has one. */
  readonly fitsBoth?: boolean;
  /** An amount with a per cent sign and one without, other than 0, if there are both. */
  readonly unlike?: readonly [marked: CellPlace, unmarked: CellPlace];
}

/** A currency sign, or one of the most traded currencies' ISO 4217 codes. */
export const CURRENCY =
  "(?:\\p{Sc}|USD|EUR|JPY|GBP|CNY|AUD|CAD|CHF|HKD|SGD|SEK|KRW|NOK|NZD|INR|MXN|TWD|ZAR|BRL|DKK|PLN|THB|ILS|IDR|CZK|AED|TRY|HUF|CLP|SAR|PHP|MYR|COP|RUB|RON|PEN)";

/**
 * An amount has a mark, a currency or a per cent sign; without one, 030 123 456 is a telephone number and ABC123 a
 * name.
 */
const IS_AMOUNT = new RegExp(
  `^\\(?[-+−]?\\s*(?:${CURRENCY}[-+−\\d.,'’\\s]+|[-+−\\d.,'’\\s]*(?:[.,'’]\\d|%|${CURRENCY})[-+−\\d.,'’\\s]*[%]?)\\)?$`,
  "u",
);

/** Longer texts are no amounts: the pattern takes time that grows with the square of their length. */
const MAX_AMOUNT_LENGTH = 100;

/** In seconds. */
const NOON = 12 * 3600, ONE_PM = 13 * 3600;

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

/** The formats that fit all texts so far. */
export class WrittenForms {
  readonly #orders = new Set<DateOrder>(["dmy", "mdy", "time"]);
  /** Whether any text is a time before noon, and any after one o'clock: durations are mostly shorter. */
  #isEarly = false;
  #isLate = false;
  readonly #amounts = new Map<"1,234.50" | "1.234,50", Range>([
    ["1,234.50", new Range()],
    ["1.234,50", new Range()],
  ]);
  /** Whether any number had a point, or a comma. */
  #hasPoint = false;
  #hasComma = false;
  /** Whether any had a currency or a per cent sign. */
  #hasUnit = false;
  #hasText = false;
  /** The first amount with a per cent sign, and the first without one that is not 0. */
  #marked: CellPlace | undefined;
  #unmarked: CellPlace | undefined;

  /** Drops the formats that do not fit a text; plain numbers are not passed here. */
  add(text: string, row = NaN): void {
    this.#hasText = true;
    for (const order of this.#orders) {
      const seconds = parseTimestamp(text, order);
      if (Number.isNaN(seconds)) this.#orders.delete(order);
      if (order !== "time") continue;
      this.#isEarly ||= seconds < NOON;
      this.#isLate ||= seconds >= ONE_PM;
    }
    this.#hasPoint ||= text.includes(".");
    this.#hasComma ||= text.includes(",");
    this.#hasUnit ||= UNIT.test(text);
    if (this.#amounts.size === 0) return;
    const isMarked = text.includes("%"), trimmed = text.trim();
    const isAmount = trimmed.length <= MAX_AMOUNT_LENGTH && IS_AMOUNT.test(trimmed);
    if (isMarked) this.#marked ??= { row, text };
    for (const [format, range] of this.#amounts) {
      const value = isAmount ? parseAmount(text, isMarked ? `${format} %` : format) : NaN;
      if (!Number.isFinite(value)) {
        this.#amounts.delete(format);
        continue;
      }
      range.add({ smallest: value, largest: value, whole: Number.isInteger(value) });
      if (!isMarked && value !== 0) this.#unmarked ??= { row, text };
    }
  }

  /**
   * The order of day and month, if all texts are dates of one order, or "time" if all are times of day; for a column
   * without plain numbers.
   */
  get order(): DateOrder | undefined {
    const [order, other] = this.#orders;
    const isCertain = order !== "time" || this.#isEarly && this.#isLate;
    return this.#hasText && other === undefined && isCertain ? order : undefined;
  }

  /**
   * The amounts, if all numbers are amounts of one format.
   * @param plain the column's plain numbers. They exclude decimal commas: 1.000 would have been a thousand there, but
   *   was read as 1
   * @param firstPlain the first of them that is not 0
   */
  amounts(plain: NumberRange, firstPlain?: CellPlace): Amounts | undefined {
    const hasPlain = plain.smallest <= plain.largest;
    const left = [...this.#amounts.keys()].filter((format) => !hasPlain || format === "1,234.50");
    const isOne = left.length === 1 &&
      (!hasPlain || !plain.whole || !this.#amounts.has("1.234,50"));
    if (!this.#hasText || left.length === 0) return undefined;
    if (!isOne && (this.#hasPoint || this.#hasComma)) return undefined;
    const [base] = left;
    // 10.100.200.101 is an address and 100,200,300 a list: an amount needs decimals or a unit somewhere in the column.
    const hasTenths = base === "1.234,50" ? this.#hasComma : this.#hasPoint || !plain.whole;
    if (!hasTenths && !this.#hasUnit) return undefined;
    const range = this.#amounts.get(base)!;
    range.add(plain);
    const marked = this.#marked, unmarked = this.#unmarked ?? firstPlain;
    const found = { range, ...(left.length > 1 && { fitsBoth: true }) };
    if (!marked) return { format: base, ...found };
    return { format: `${base} %`, ...found, ...(unmarked && { unlike: [marked, unmarked] }) };
  }
}
