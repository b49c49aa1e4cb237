/** Bytes as hexadecimal digits. Modules are embedded so: gzip finds repetitions in it that base64 would hide. */

/** Two lower-case digits for each byte. */
export function toHexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param hex an even number of digits, not checked */
export function fromHexadecimal(hex: string): Uint8Array<ArrayBuffer> {
  // `fromHex` is newer than WebAssembly SIMD, so some hosts lack it; parsing byte by byte is slow.
  const { fromHex } = Uint8Array as Partial<typeof Uint8Array>;
  return fromHex
    ? fromHex(hex)
    : Uint8Array.from(hex.match(/../g)!, (digits) => parseInt(digits, 16));
}
