/**
 * CRC-32 (IEEE 802.3, reflected polynomial P) without tables: long messages are shortened by exclusive or alone. A
 * module of its own, with a memory of its own, that holds the message from address 0: `src/core/bytes/crc32.ts`.
 */
const P: u32 = 0xedb88320;

/**
 * Adds the first `bytes` bytes, a multiple of 16, to those after them, of which there are 4800 or more. The remainder
 * of those after them, after 0, is then that of the whole message after `before`.
 *
 * Bits are coefficients in GF(2), the first the highest. P divides x^300 + x^155 + x^117 + x^89 + 1, and therefore its
 * 128th power, which has the exponents times 128. So modulo P, 16 bytes v that 4800 bytes follow,
 *
 *   v x^38400 = v (x^19840 + x^14976 + x^11392 + 1)
 *
 * may be left out if v is added 38400 bits later, and 18560, 23424 and 27008.
 * Source: S. Russell, "Chorba: A novel CRC32 implementation", 2024, arXiv 2412.16398.
 */
export function fold(before: u32, bytes: usize): void {
  store<u32>(0, load<u32>(0) ^ before);
  for (let at: usize = 0; at < bytes; at += 16) {
    const taken = v128.load(at);
    v128.store(at, v128.xor(v128.load(at, 2320), taken), 2320);
    v128.store(at, v128.xor(v128.load(at, 2928), taken), 2928);
    v128.store(at, v128.xor(v128.load(at, 3376), taken), 3376);
    v128.store(at, v128.xor(v128.load(at, 4800), taken), 4800);
  }
}

/** The remainder of `bytes` bytes after `before`, a bit at a time. */
export function remainder(before: u32, bytes: usize): u32 {
  for (let at: usize = 0; at < bytes; at++) {
    before ^= load<u8>(at);
    for (let bit = 0; bit < 8; bit++) before = (before >> 1) ^ (P & -(before & 1));
  }
  return before;
}
