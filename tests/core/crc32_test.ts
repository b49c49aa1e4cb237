/**
 * CRC-32 against the published check value and zlib's own (an independent implementation), whole and in parts; with
 * WebAssembly, and as on a host that does not compile it. Exact.
 */
import { equal } from "node:assert/strict";
import { crc32 as zlib } from "node:zlib";
import { crc32 } from "../../src/core/bytes/crc32.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { withoutCompiler } from "../util/without_compiler.ts";

const IMPLEMENTATIONS = {
  "in WebAssembly": crc32,
  "in JavaScript": await withoutCompiler(
    import.meta.resolve("../../src/core/bytes/crc32.ts"),
    "crc32",
  ),
};

function someBytes(length: number): Uint8Array {
  const random = new HostRandom(1, 0, 0);
  return Uint8Array.from({ length }, () => random.below(256));
}

const oracle = (bytes: Uint8Array) => zlib(bytes).toString(16).padStart(8, "0");

for (const [how, crc] of Object.entries(IMPLEMENTATIONS)) {
  Deno.test(`crc32() ${how} of 123456789 is the check value of the standard`, () => {
    equal(crc(new TextEncoder().encode("123456789")), "cbf43926");
    equal(crc(new Uint8Array()), "00000000");
    equal(crc(), "00000000");
  });

  Deno.test(`crc32() ${how} equals zlib's for every length to 70 and every offset to 7, whole and in parts`, () => {
    const random = new HostRandom(2, 0, 0), buffer = someBytes(80);
    for (let length = 0; length <= 70; length++) {
      for (let offset = 0; offset < 8; offset++) {
        const bytes = buffer.subarray(offset, offset + length), cut = random.below(length + 1);
        equal(crc(bytes), oracle(bytes));
        equal(crc(bytes.subarray(0, cut), bytes.subarray(cut)), oracle(bytes));
      }
    }
  });

  Deno.test(`crc32() ${how} equals zlib's at the length where folding begins, and where its memory is full`, () => {
    const buffer = someBytes(140_000);
    // Folding leaves 4800 to 4815 bytes, and 65536 fit into the memory.
    const borders = [4800, 4816, 4832, 65536, 65552, 65536 + 60_720, 65536 + 60_736, 140_000];
    for (const border of borders) {
      for (const length of [border - 17, border - 1, border, border + 1, border + 15]) {
        const bytes = buffer.subarray(3, 3 + length);
        equal(crc(bytes), oracle(bytes), `${length} bytes`);
        const [first, second] = [47, 5000];
        const parts = [
          bytes.subarray(0, first),
          bytes.subarray(first, second),
          bytes.subarray(second),
        ];
        equal(crc(...parts), oracle(bytes), `${length} bytes in parts`);
      }
    }
  });
}
