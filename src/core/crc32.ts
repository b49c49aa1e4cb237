/**
 * CRC-32 (IEEE 802.3, reflected polynomial 0xEDB88320): detects every burst of up to 32 bits. Four
 * bytes at a step by four tables (Kounavis and Berry, 2008): a model file is megabytes, and is checked
 * before the process is warm.
 */

/** Row t, entry b: the remainder of byte b followed by t zero bytes. */
const TABLES = new Uint32Array(4 * 256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  }
  TABLES[byte] = remainder;
}
for (let i = 256; i < TABLES.length; i++) {
  const previous = TABLES[i - 256];
  TABLES[i] = TABLES[previous & 0xff] ^ (previous >>> 8);
}

/** The checksum as eight hexadecimal digits; `previous` continues an earlier one. */
export function crc32(bytes: Uint8Array, previous = "00000000"): string {
  let crc = ~parseInt(previous, 16), i = 0;
  for (; i < bytes.length - 3; i += 4) {
    crc ^= bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
    crc = TABLES[768 + (crc & 0xff)] ^ TABLES[512 + (crc >>> 8 & 0xff)] ^
      TABLES[256 + (crc >>> 16 & 0xff)] ^ TABLES[crc >>> 24];
  }
  for (; i < bytes.length; i++) crc = TABLES[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return (~crc >>> 0).toString(16).padStart(8, "0");
}
