/**
 * The values of a Parquet file as the other formats represent them.
 *
 *   decimal    unscaled / 10^scale, the float64 nearest to what CSV writes; hyparquet multiplies by 10^-scale
 *   timestamp  ISO 8601 to the nanosecond; hyparquet's Date ends at milliseconds, and a sensor may be faster
 */
import type { ParquetParsers, SchemaElement } from "npm:hyparquet@1.31.5";

/** Parsers that replace hyparquet's own. */
export const PARSERS: Pick<
  ParquetParsers,
  "timestampFromMicroseconds" | "timestampFromNanoseconds"
> = {
  timestampFromMicroseconds: (micros) => pointInTime(micros, 6),
  timestampFromNanoseconds: (nanos) => pointInTime(nanos, 9),
};

/** A point in time with this number of digits behind the seconds; null beyond the range of Date. */
function pointInTime(sinceEpoch: bigint, digits: number): string | null {
  const unit = 10n ** BigInt(digits), rest = (sinceEpoch % unit + unit) % unit;
  const seconds = new Date(Number((sinceEpoch - rest) / unit) * 1000);
  if (Number.isNaN(seconds.getTime())) return null;
  return seconds.toISOString().replace(/\d{3}Z$/, `${`${rest}`.padStart(digits, "0")}Z`);
}

/** What divides the whole numbers of a decimal column; 1 for any other column. */
export function decimalUnit({ converted_type, scale = 0 }: SchemaElement): number {
  // Up to here powers of ten are exact. A column of more digits keeps what hyparquet gives.
  return converted_type === "DECIMAL" && scale <= 22 ? 10 ** scale : 1;
}

/** A cell that hyparquet computed, with the rounding of its division alone. */
export function exactDecimal(cell: unknown, unit: number): unknown {
  return typeof cell === "number" ? Math.round(cell * unit) / unit : cell;
}

/**
 * A cell as the other formats represent it.
 * @param maybeText whether the column may keep a large integer, such as an account number, as the text that CSV has
 */
export function plainValue(cell: unknown, maybeText = false): unknown {
  if (typeof cell === "bigint") {
    const value = Number(cell);
    return maybeText && !Number.isSafeInteger(value) ? `${cell}` : value;
  }
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? null : cell.toISOString();
  if (cell instanceof Uint8Array) return new TextDecoder().decode(cell);
  return cell ?? null;
}
