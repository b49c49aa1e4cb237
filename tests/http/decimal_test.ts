/** From digits to numbers. The oracle is `Number`, to the last bit, and whole numbers as they are for what lies in the middle. */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/philox.ts";
import { nearest } from "../../src/http/decimal.ts";

/** As a reader of digits has them. */
function read(text: string): number | undefined {
  const [mantissa, power = "0"] = text.split("e"), bytes = new TextEncoder().encode(mantissa);
  let digits = 0, exponent = Number(power);
  for (const each of mantissa.replace(".", "")) digits = 10 * digits + Number(each);
  if (mantissa.includes(".")) exponent -= mantissa.length - mantissa.indexOf(".") - 1;
  return nearest(digits, exponent, bytes, 0, bytes.length);
}

Deno.test("numbers as other programs print them are read, and to the last bit", () => {
  const random = new HostRandom(5, 0, 0);
  const uniform = () => random.u32() / 2 ** 32 + random.u32() / 2 ** 64;
  const digits = (count: number) => Array.from({ length: count }, () => random.below(10)).join("");
  const forms: (() => string)[] = [
    () => `${uniform()}`,
    () => `${Math.fround(uniform() * 100)}`,
    () => uniform().toPrecision(17),
    () => (1e6 * uniform()).toPrecision(21),
    () => `${1 + random.below(9)}${digits(random.below(21))}`,
    () => `${1 + random.below(9)}.${digits(random.below(21))}e${random.below(23)}`,
  ];
  let unread = 0;
  for (let i = 0; i < 120_000; i++) {
    const text = forms[i % forms.length](), number = read(text);
    if (number === undefined) unread++;
    else assert.equal(number, Number(text), text);
  }
  // Numbers below some 1e-5, of which few were drawn.
  assert.ok(unread < 600, `${unread}`);
});

Deno.test("what lies in the middle of two numbers, or as good as, is left to the host", () => {
  const random = new HostRandom(6, 0, 0);
  for (let i = 0; i < 20_000; i++) {
    // An odd number of 54 bits, times a power of two: the middle of two numbers.
    const bits = (1n << 52n) | (BigInt(random.u32()) << 20n) | BigInt(random.below(2 ** 20));
    const middle = (2n * bits + 1n) << BigInt(random.below(18));
    assert.equal(read(`${middle}`), undefined, `${middle}`);
    for (const near of [middle - 1n, middle + 1n]) {
      const number = read(`${near}`);
      if (number !== undefined) assert.equal(number, Number(near), `${near}`);
    }
  }
});

Deno.test("powers and digits beyond the exact ones are left to the host", () => {
  for (
    const text of ["1e23", "1e-23", "1.2345678901234567e-7", "12345678901234567890123", "0e400"]
  ) {
    assert.equal(read(text), undefined, text);
  }
  assert.equal(read("1e22"), 1e22);
  assert.equal(read("0.0000000000000000000001"), 1e-22);
});
