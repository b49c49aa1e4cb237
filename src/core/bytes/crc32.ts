/**
 * CRC-32 (IEEE 802.3, reflected polynomial 0xEDB88320): detects every burst of up to 32 bits. It processes eight bytes
 * per step with eight tables (Kounavis and Berry, 2008), because a model file is megabytes and is checked before the
 * process is warm. Words are signed for the same reason: before an engine optimises, it allocates an object for every
 * unsigned number that needs 32 bits.
 */

/** Row t, entry b: the remainder of byte b followed by t zero bytes. */
const TABLES = tables();

function tables(): Int32Array {
  const rows = new Int32Array(8 * 256);
  // Remainders are additive: those of the single-bit bytes give all others.
  for (let bit = 128, remainder = 1; bit > 0; bit >>= 1) {
    remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
    for (let byte = 0; byte < 256; byte += 2 * bit) rows[bit + byte] = remainder ^ rows[byte];
  }
  for (let i = 256; i < rows.length; i++) {
    const previous = rows[i - 256];
    rows[i] = rows[previous & 0xff] ^ (previous >>> 8);
  }
  return rows;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Words per call: an engine optimises a function that is called often sooner than a long loop. */
const WORDS_PER_CALL = 64;

/** The checksum as eight hexadecimal digits; `previous` continues an earlier one. */
export function crc32(bytes: Uint8Array, previous = "00000000"): string {
  const { length, buffer, byteOffset } = bytes;
  // Words must be read at aligned offsets.
  const lead = LITTLE_ENDIAN ? Math.min(length, -byteOffset & 3) : length;
  const pairs = (length - lead) >> 3;
  let crc = updateByBytes(~parseInt(previous, 16), bytes, 0, lead);
  if (pairs > 0) {
    const words = new Int32Array(buffer, byteOffset + lead, 2 * pairs);
    for (let at = 0; at < words.length; at += WORDS_PER_CALL) {
      crc = updateByWords(crc, words, at, Math.min(at + WORDS_PER_CALL, words.length));
    }
  }
  crc = updateByBytes(crc, bytes, lead + 8 * pairs, length);
  return (~crc >>> 0).toString(16).padStart(8, "0");
}

function updateByBytes(crc: number, bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) crc = TABLES[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return crc;
}

/** Processes pairs of words, little-endian. */
function updateByWords(crc: number, words: Int32Array, from: number, to: number): number {
  for (let i = from; i < to; i += 2) {
    const low = crc ^ words[i], high = words[i + 1];
    crc = TABLES[1792 + (low & 0xff)] ^ TABLES[1536 + (low >>> 8 & 0xff)] ^
      TABLES[1280 + (low >>> 16 & 0xff)] ^ TABLES[1024 + (low >>> 24)] ^
      TABLES[768 + (high & 0xff)] ^ TABLES[512 + (high >>> 8 & 0xff)] ^
      TABLES[256 + (high >>> 16 & 0xff)] ^ TABLES[high >>> 24];
  }
  return crc;
}
