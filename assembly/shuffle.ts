/**
 * The draws that shuffle rows: Philox 4x32-10 and Lemire's integers without bias, both as in
 * `src/core/random/philox.ts`, which names the sources. A module of its own, with a memory of its own, for
 * `src/core/random/permutation.ts`.
 */
const MULTIPLIER_0: u64 = 0xd2511f53, MULTIPLIER_1: u64 = 0xcd9e8d57;
const WEYL_0: u32 = 0x9e3779b9, WEYL_1: u32 = 0xbb67ae85;
const ROUNDS: i32 = 10;
/** Where a block of four words is kept: the end of the memory. Draws begin at address 0. */
const BLOCK: usize = 65536 - 16;

/**
 * Writes `count` draws: uniform over 0 … bound - 1, then over 0 … bound - 2, and so on.
 * @param drawn words of the sequence that were drawn before
 * @returns words that have been drawn then; some are rejected
 */
export function draw(
  bound: u32,
  count: u32,
  drawn: u32,
  step: u32,
  stream: u32,
  seedLow: u32,
  seedHigh: u32,
): u32 {
  if (drawn & 3) writeBlock(drawn >> 2, step, stream, seedLow, seedHigh);
  for (let to: usize = 0, end = <usize>count << 2; to < end; to += 4, bound--) {
    for (;;) {
      const lane = drawn & 3;
      if (lane == 0) writeBlock(drawn >> 2, step, stream, seedLow, seedHigh);
      drawn++;
      const product = <u64>load<u32>(BLOCK + (<usize>lane << 2)) * bound, low = <u32>product;
      // Rejected words are below the bound, so the remainder, which is slow, is seldom computed.
      if (low >= bound || low >= (0 - bound) % bound) {
        store<u32>(to, <u32>(product >> 32));
        break;
      }
    }
  }
  return drawn;
}

function writeBlock(index: u32, step: u32, stream: u32, k0: u32, k1: u32): void {
  let c0 = index, c1: u32 = 0, c2 = step, c3 = stream;
  for (let round = 0; round < ROUNDS; round++) {
    const product0 = MULTIPLIER_0 * c0, product1 = MULTIPLIER_1 * c2;
    c0 = <u32>(product1 >> 32) ^ c1 ^ k0;
    c1 = <u32>product1;
    c2 = <u32>(product0 >> 32) ^ c3 ^ k1;
    c3 = <u32>product0;
    k0 += WEYL_0;
    k1 += WEYL_1;
  }
  store<u32>(BLOCK, c0);
  store<u32>(BLOCK, c1, 4);
  store<u32>(BLOCK, c2, 8);
  store<u32>(BLOCK, c3, 12);
}
