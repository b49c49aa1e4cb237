/**
 * CRC-32 against the published check value, zlib's own (an independent implementation), and itself in
 * pieces. Exact.
 */
import { equal } from "node:assert/strict";
import { crc32 as zlib } from "node:zlib";
import { crc32 } from "../../src/core/bytes/crc32.ts";
import { HostRandom } from "../../src/core/random/philox.ts";

Deno.test("crc32() of 123456789 is the check value of the standard", () => {
  equal(crc32(new TextEncoder().encode("123456789")), "cbf43926");
  equal(crc32(new Uint8Array()), "00000000");
});

Deno.test("crc32() is zlib's for every length to 70 and every offset to 7, whole and in pieces", () => {
  const random = new HostRandom(1, 0, 0);
  const buffer = Uint8Array.from({ length: 80 }, () => random.below(256));
  for (let length = 0; length <= 70; length++) {
    for (let offset = 0; offset < 8; offset++) {
      const bytes = buffer.subarray(offset, offset + length), cut = random.below(length + 1);
      const want = zlib(bytes).toString(16).padStart(8, "0");
      equal(crc32(bytes), want);
      equal(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut))), want);
    }
  }
});
