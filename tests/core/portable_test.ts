/** exp and ln from arithmetic alone, against the host's: two routes, neither correctly rounded. */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/philox.ts";
import { portableExp, portableLog } from "../../src/core/portable.ts";
import { assertRelative } from "../util/close.ts";

/** Two units in the last place of ours, one of the host's. */
const RELATIVE = 3 * 2 ** -52;

Deno.test("portableLog() is ln x from the smallest number to the largest", () => {
  const random = new HostRandom(1, 0, 0);
  const swept = Array.from(
    { length: 4200 },
    (_, i) => 2 ** (i / 2 - 1074) * (1 + random.uniformF64() / 4),
  ).filter((x) => x < Infinity);
  const near = Array.from({ length: 200 }, (_, i) => 1 + (i - 100) * 2 ** -20);
  for (const x of [...swept, ...near, 5e-324, Number.MAX_VALUE, Math.SQRT2, Math.SQRT1_2]) {
    assertRelative(portableLog(x), Math.log(x), RELATIVE, 0, `ln ${x}`);
  }
  assert.equal(portableLog(1), 0);
  assert.equal(portableLog(0), -Infinity);
  assert.equal(portableLog(Infinity), Infinity);
  assert.ok(Number.isNaN(portableLog(-1)) && Number.isNaN(portableLog(NaN)));
});

Deno.test("portableExp() is eˣ wherever that is a number", () => {
  for (let i = -700_000; i <= 709_700; i += 137) {
    const x = i / 1000;
    assertRelative(portableExp(x), Math.exp(x), RELATIVE, 0, `e^${x}`);
  }
  // Below 2^-1022 numbers have fewer digits.
  for (const x of [-720, -740, -745]) {
    assertRelative(portableExp(x), Math.exp(x), 0, 2 ** -1073, `e^${x}`);
  }
  assert.equal(portableExp(0), 1);
  assert.equal(portableExp(-Infinity), 0);
  assert.equal(portableExp(-1000), 0);
  assert.equal(portableExp(710), Infinity);
  assert.ok(Number.isNaN(portableExp(NaN)));
});
