/** Writing numbers as bytes. Oracle: String() of the same number. */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import {
  MAX_DECIMAL_BYTES,
  writeDecimal,
  writeWhole,
} from "../../src/formats/text/decimal_bytes.ts";

const out = new Uint8Array(3 + MAX_DECIMAL_BYTES + 1), decoder = new TextDecoder();

function written(value: number, write = writeDecimal): string {
  out.fill(7);
  const end = write(value, out, 3);
  assert.ok(end <= 3 + MAX_DECIMAL_BYTES);
  assert.deepEqual([out[2], out[3 + MAX_DECIMAL_BYTES]], [7, 7], "bytes beside its own");
  return decoder.decode(out.subarray(3, end));
}

Deno.test("writeDecimal() writes what String() gives, for numbers of any kind", () => {
  const random = new HostRandom(5, 0, 0), u = () => random.uniformF64();
  const bits = new DataView(new ArrayBuffer(8));
  const kinds: (() => number)[] = [
    () => u() * 10 ** (24 * u() - 8),
    () => -Math.log(u()),
    () => Number((100 * u()).toFixed(random.below(18))),
    () => random.below(1e9) * random.below(1e6) / 10 ** random.below(15),
    () => -1 / (1 + random.below(5000)),
    // Neighbours of short numbers: none of their digits may be rounded away.
    () => random.below(1e6) / 1000 * (1 + (random.below(5) - 2) * 2 ** -53),
    () => {
      bits.setUint32(0, random.below(2 ** 32 - 1));
      bits.setUint32(4, random.below(2 ** 32 - 1));
      return bits.getFloat64(0);
    },
  ];
  for (let i = 0; i < 210_000; i++) {
    const value = kinds[i % kinds.length]();
    assert.equal(written(value), String(value));
  }
});

Deno.test("writeDecimal() writes powers of ten, their neighbours, and special numbers", () => {
  const near = [1, 1 + 2 ** -52, 1 - 2 ** -53, 1.5, 2, 5, 9.999999999999999];
  for (const factor of near) {
    for (let e = -1074; e < 1024; e += 7) {
      assert.equal(written(factor * 2 ** e), String(factor * 2 ** e));
    }
    for (let e = -12; e < 25; e++) {
      const value = factor * Number(`1e${e}`);
      assert.equal(written(value), String(value));
      assert.equal(written(-value), String(-value));
    }
  }
  for (const value of [0, -0, NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE]) {
    assert.equal(written(value), String(value));
  }
});

Deno.test("writeWhole() writes whole numbers", () => {
  for (let e = 0; e <= 14; e++) {
    for (const value of [10 ** e - 1, 10 ** e, 10 ** e + 1]) {
      assert.equal(written(value, writeWhole), String(value));
    }
  }
  for (const value of [2 ** 31 - 1, 2 ** 31]) assert.equal(written(value, writeWhole), `${value}`);
});
