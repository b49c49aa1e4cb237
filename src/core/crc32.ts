/** CRC-32 (IEEE 802.3, reflected polynomial 0xEDB88320): detects every burst of up to 32 bits. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  }
  return remainder;
});

/** The checksum as eight hexadecimal digits; `previous` continues an earlier one. */
export function crc32(bytes: Uint8Array, previous = "00000000"): string {
  let crc = ~parseInt(previous, 16);
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (~crc >>> 0).toString(16).padStart(8, "0");
}
