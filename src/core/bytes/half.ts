/**
 * IEEE 754 binary16 as its bits: 1 sign, 5 exponent and 10 fraction bits. Not every host has a
 * Float16Array yet.
 *
 *   2^-14 … 65504 to 11 significant bits; below, multiples of 2^-24
 *
 * Rounding is to nearest, ties to even; 65520 and more is Infinity.
 */

/** The largest magnitude that does not round to Infinity is below this. */
export const HALF_OVERFLOW = 65520;

/** A number as its bits, within one call. */
const BITS = new DataView(new ArrayBuffer(8));

/** The bits of 2^-14. */
const LEAST_NORMAL = 0x0400;

/** The number that 16 bits stand for. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The numbers that they stand for: by the host, which is a hundred times as fast, if it has such an array. */
export function fromHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const { Float16Array: Halves } = globalThis as Partial<Pick<typeof globalThis, "Float16Array">>;
  if (!Halves) return Float32Array.from(halves, fromHalf);
  return new Float32Array(new Halves(halves.buffer, halves.byteOffset, halves.length));
}

/** The 16 bits of the nearest number. */
export function toHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= HALF_OVERFLOW) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  BITS.setFloat64(0, size);
  const exponent = (BITS.getUint16(0) >> 4) - 1023;
  // A fraction that rounds up to 1024 carries into the exponent, as it should.
  return sign | (((exponent + 14) << 10) + roundEven(size * 2 ** (10 - exponent)));
}

function roundEven(value: number): number {
  const low = Math.floor(value), rest = value - low;
  return low + (rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? 1 : 0);
}

/** The 16 bits of the nearest number that is zero or normal: a GPU may take what is below 2^-14 for zero. */
export function toNormalHalf(value: number): number {
  const size = Math.abs(value), sign = value < 0 ? 0x8000 : 0;
  if (size < 2 ** -14) return size > 2 ** -15 ? sign | LEAST_NORMAL : sign;
  return toHalf(value);
}
