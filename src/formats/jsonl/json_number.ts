/**
 * Reads a JSON number (RFC 8259, 6) from bytes, with the same result as JSON.parse. A short number is one product or
 * quotient of exact numbers; the others go to `text/decimal.ts` or the host.
 */
import { parseDecimal, POWERS } from "../text/decimal.ts";

const MINUS = 0x2d, PLUS = 0x2b, POINT = 0x2e, UPPER_E = 0x45, LOWER_E = 0x65, ZERO = 0x30;

/** From here on the accumulated digits may have been rounded. */
const INEXACT = 2 ** 53;

/** Reads numbers, one after another. */
export class JsonNumber {
  /** The last number read; infinite if it overflows float64. */
  value = 0;

  /** @returns the position after the number that starts at `start`, or -1; a byte past the end is no digit or sign */
  read(bytes: Uint8Array, start: number): number {
    let at = start, digits = 0, exponent = 0, digit: number;
    const isNegative = bytes[at] === MINUS;
    if (isNegative) at++;
    const whole = at;
    while ((digit = bytes[at] - ZERO) >= 0 && digit <= 9) digits = 10 * digits + digit, at++;
    if (at === whole || (bytes[whole] === ZERO && at > whole + 1)) return -1;
    if (bytes[at] === POINT) {
      const point = ++at;
      while ((digit = bytes[at] - ZERO) >= 0 && digit <= 9) digits = 10 * digits + digit, at++;
      if (at === point) return -1;
      exponent = point - at;
    }
    if (bytes[at] === LOWER_E || bytes[at] === UPPER_E) {
      const sign = bytes[++at];
      if (sign === MINUS || sign === PLUS) at++;
      const power = at;
      let value = 0;
      while ((digit = bytes[at] - ZERO) >= 0 && digit <= 9) value = 10 * value + digit, at++;
      if (at === power) return -1;
      exponent += sign === MINUS ? -value : value;
    }
    if (digits >= INEXACT || exponent < -22 || exponent > 22) this.value = long(bytes, start, at);
    else {
      const size = exponent < 0 ? digits / POWERS[-exponent] : digits * POWERS[exponent];
      this.value = isNegative ? -size : size;
    }
    return at;
  }
}

function long(bytes: Uint8Array, start: number, end: number): number {
  const value = parseDecimal(bytes, start, end);
  if (value === value) return value;
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return Number(text);
}
