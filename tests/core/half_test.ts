/** Half-precision numbers. Oracle: all 65,536 bit patterns one by one, and the nearest of their neighbours. */
import { equal, ok } from "node:assert/strict";
import { fromHalf, fromHalves, toHalf, toNormalHalf } from "../../src/core/bytes/half.ts";
import { HostRandom } from "../../src/core/random/philox.ts";

Deno.test("toNormalHalf() keeps zero and normal numbers, and rounds all others to the nearest of these", () => {
  for (let bits = 0; bits < 2 ** 16; bits++) {
    const value = fromHalf(bits), size = Math.abs(value);
    if (Number.isNaN(value) || Object.is(value, -0)) continue;
    const got = fromHalf(toNormalHalf(value));
    if (size === 0 || size >= 2 ** -14) equal(got, value);
    else equal(Math.abs(got), size > 2 ** -15 ? 2 ** -14 : 0);
  }
});

Deno.test("toNormalHalf() is off by at most max(2^-11 |w|, 2^-15)", () => {
  const random = new HostRandom(1, 0, 0);
  for (let i = 0; i < 20_000; i++) {
    const value = (2 * random.uniformF64() - 1) * 2 ** (20 * random.uniformF64() - 18);
    const off = Math.abs(fromHalf(toNormalHalf(value)) - value);
    ok(off <= Math.max(2 ** -11 * Math.abs(value), 2 ** -15), `${value} is off by ${off}`);
    ok(Math.abs(value) < 2 ** -14 || toNormalHalf(value) === toHalf(value));
  }
});

Deno.test("fromHalves() equals fromHalf() of each number, with and without the host's help, at any offset", () => {
  const halves = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).subarray(1);
  const want = Float32Array.from(halves, fromHalf);
  const host = Object.getOwnPropertyDescriptor(globalThis, "Float16Array");
  ok(host, "this host has the array");
  // The bits of a NaN depend on the host.
  const requireAll = () => ok(fromHalves(halves).every((value, i) => Object.is(value, want[i])));
  requireAll();
  Reflect.deleteProperty(globalThis, "Float16Array");
  try {
    requireAll();
  } finally {
    Object.defineProperty(globalThis, "Float16Array", host);
  }
});
