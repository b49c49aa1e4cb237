/** Zstandard in Parquet pages. Oracle: `node:zlib`, and frames after RFC 8878 that hold their bytes as they are. */
import assert from "node:assert/strict";
import { zstdCompressSync } from "node:zlib";
import { unpackZstd } from "../../src/formats/parquet_zstd.ts";

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i) >> 7);

/** A frame of one raw block, whose head states its size in this many bytes, in a single segment. */
function rawFrame(content: Uint8Array, sizeBytes: 1 | 2 | 4 | 8): Uint8Array {
  const stated = sizeBytes === 2 ? content.length - 256 : content.length;
  const size = new Uint8Array(new BigUint64Array([BigInt(stated)]).buffer, 0, sizeBytes);
  const block = (content.length << 3) | 1;
  return new Uint8Array([
    ...[0x28, 0xb5, 0x2f, 0xfd, (Math.log2(sizeBytes) << 6) | 0x20, ...size],
    ...[block & 255, (block >> 8) & 255, block >> 16, ...content],
  ]);
}

Deno.test("a frame unpacks to its bytes, whether or not its head states how many", () => {
  for (const length of [0, 10, 300, 70_000, 1_000_000]) {
    const content = bytes(length);
    const frames: Uint8Array[] = [zstdCompressSync(content)];
    if (length < 256) frames.push(rawFrame(content, 1));
    if (length >= 256 && length < 65_536) frames.push(rawFrame(content, 2));
    if (length < 100_000) frames.push(rawFrame(content, 4), rawFrame(content, 8));
    for (const frame of frames) {
      assert.deepEqual(unpackZstd(new Uint8Array(frame), length), content);
      for (const other of [length - 1, length + 1].filter((n) => n >= 0)) {
        assert.throws(() => unpackZstd(new Uint8Array(frame), other), RangeError);
      }
    }
  }
});
