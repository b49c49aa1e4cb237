/**
 * IEEE 754 binary16 as bits: 1 sign, 5 exponent and 10 fraction bits. Written here because not every host has a
 * Float16Array.
 *
 *   2^-14 … 65504 with 11 significant bits; below, multiples of 2^-24
 *
 * Rounding is to nearest, ties to even; 65520 and above becomes Infinity.
 */

/** Magnitudes from here up round to Infinity. */
export const HALF_OVERFLOW = 65520;

/** Scratch for reading the bits of a number within one call. */
const BITS = new DataView(new ArrayBuffer(8));

/** The bits of 2^-14. */
const MIN_NORMAL_BITS = 0x0400;

/** The number with these 16 bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The numbers with these bits. Uses the host's Float16Array if there is one, which is a hundred times faster. */
export function fromHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const { Float16Array: Halves } = globalThis as Partial<Pick<typeof globalThis, "Float16Array">>;
  if (!Halves) return Float32Array.from(halves, fromHalf);
  return new Float32Array(new Halves(halves.buffer, halves.byteOffset, halves.length));
}

/** The 16 bits of the nearest number. */
export function toHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= HALF_OVERFLOW) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundEven(magnitude * 2 ** 24);
  BITS.setFloat64(0, magnitude);
  const exponent = (BITS.getUint16(0) >> 4) - 1023;
  // A fraction that rounds up to 1024 correctly carries into the exponent.
  return sign | (((exponent + 14) << 10) + roundEven(magnitude * 2 ** (10 - exponent)));
}

function roundEven(value: number): number {
  const low = Math.floor(value), rest = value - low;
  return low + (rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? 1 : 0);
}

/** The 16 bits of the nearest zero or normal number: a GPU may treat values below 2^-14 as zero. */
export function toNormalHalf(value: number): number {
  const magnitude = Math.abs(value), sign = value < 0 ? 0x8000 : 0;
  if (magnitude < 2 ** -14) return magnitude > 2 ** -15 ? sign | MIN_NORMAL_BITS : sign;
  return toHalf(value);
}
