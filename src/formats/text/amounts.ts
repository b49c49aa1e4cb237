/**
 * Numbers as people write them: with separators of thousands, a currency sign or code, or a per cent sign; negative
 * ones may be in brackets or have the sign behind. The meaning of "1,234" depends on the country, so the format must be
 * known:
 *
 *   1,234.50     also 1'234.50 and 1 234.50, $1,234.50, USD 5, (3.20), 3.20-
 *   1.234,50     also 1'234,50 and 1 234,50, 1.234,50 €, -3 EUR
 *   1,234.50 %   the same with a per cent sign, which counts hundredths: 2.8 % is 2.8. Nothing but 0 lacks the sign,
 *   1.234,50 %   because 0.028 may be 2.8 % or 0.028 %. It is before all digits or after them: 12%34 is no number
 */

import { parseNumber } from "./cells.ts";

/** The format of a number, as its example. */
export type AmountFormat = "1,234.50" | "1.234,50" | "1,234.50 %" | "1.234,50 %";

/**
 * Groups: bracket, sign before the unit, sign after it, whole part, decimals, sign at the end. No two runs of spaces
 * meet, so a cell of a million spaces takes no longer than its length.
 */
const POINT = /* @__PURE__ */ form(",", "."), COMMA = /* @__PURE__ */ form(".", ",");

function form(separator: string, mark: string): RegExp {
  const unit = "\\p{Sc}|[A-Z]{3}", whole = `[1-9]\\d{0,2}(?:[${separator}'’\\s]\\d{3})+|\\d+`;
  return RegExp(
    `^(\\(?)([-+−]?)\\s*(?:(?:${unit})\\s*)?([-+−]?)(?=[${mark}]?\\d)((?:${whole})?)(?:[${mark}](\\d*))?([-−]?)\\s*(?:(?:${unit})\\s*)?\\)?$`,
    "u",
  );
}

/** A per cent sign, and what is before it if that is no digit. */
const PER_CENT = /^([^\d%]*)%|%(?=[^\d%]*$)/;

/** The number; NaN if the text does not have this format. */
export function parseAmount(text: string, format: AmountFormat): number {
  const isPercent = format.length > 8, hasPoint = format[1] === ",";
  const unmarked = text.replace(PER_CENT, "$1"), isMarked = unmarked !== text;
  const value = hasPoint && !isMarked ? parseNumber(text) : NaN;
  const amount = Number.isNaN(value)
    ? amountOf((hasPoint ? POINT : COMMA).exec(unmarked.trim()))
    : value;
  return isMarked === isPercent || amount === 0 ? amount : NaN;
}

function amountOf(parts: RegExpExecArray | null): number {
  if (!parts) return NaN;
  const [, bracket, outerSign, innerSign, whole, fraction = "", lastSign] = parts;
  const size = Number(`${whole.replace(/\D/g, "")}.${fraction}`);
  return bracket || /[-−]/.test(outerSign + innerSign + lastSign) ? -size : size;
}
