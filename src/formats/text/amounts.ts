/**
 * Numbers as people write them: with separators of thousands, a currency sign or code, or a per cent sign; negative
 * ones may be in brackets. The meaning of "1,234" depends on the country, so the format must be known:
 *
 *   1,234.50   also 1'234.50 and 1 234.50, $1,234.50, USD 5, (3.20), 12 %
 *   1.234,50   also 1'234,50 and 1 234,50, 1.234,50 €, -3 EUR, 12,5%
 */

import { parseNumber } from "./cells.ts";

/** The format of a number, as its example. */
export type AmountFormat = "1,234.50" | "1.234,50";

/** Groups: bracket, sign before the unit, sign after it, whole part, decimals. */
const FORMS: Record<AmountFormat, RegExp> = {
  "1,234.50": /* @__PURE__ */ form(",", "."),
  "1.234,50": /* @__PURE__ */ form(".", ","),
};

function form(separator: string, mark: string): RegExp {
  const unit = "(?:\\p{Sc}|[A-Z]{3})?\\s*",
    whole = `[1-9]\\d{0,2}(?:[${separator}'’\\s]\\d{3})+|\\d+`;
  return RegExp(
    `^(\\(?)([-+−]?)\\s*${unit}([-+−]?)((?:${whole})?)(?:[${mark}](\\d*))?\\s*(?:%|${unit})\\)?$`,
    "u",
  );
}

/** The number; NaN if the text does not have this format. */
export function parseAmount(text: string, format: AmountFormat): number {
  const plain = format === "1,234.50" ? parseNumber(text) : NaN;
  if (!Number.isNaN(plain)) return plain;
  const parts = FORMS[format].exec(text.trim());
  if (!parts) return NaN;
  const [, bracket, outerSign, innerSign, whole, fraction = ""] = parts;
  if (!whole && !fraction) return NaN;
  const size = Number(`${whole.replace(/\D/g, "")}.${fraction}`);
  return bracket || /[-−]/.test(outerSign + innerSign) ? -size : size;
}
