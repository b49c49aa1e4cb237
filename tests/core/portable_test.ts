/** exp and ln computed from arithmetic alone, against the host's functions. Neither is correctly rounded. */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import {
  portableCosTurns,
  portableExp,
  portableLog,
  portableLog1p,
  portableSinh,
  tableLog,
} from "../../src/core/portable.ts";
import { assertRelative } from "../util/close.ts";

/** Two units in the last place for ours, one for the host's. */
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

Deno.test("portableLog1p() is ln(1 + x), accurate also near 0 and at the ends of its range", () => {
  const random = new HostRandom(3, 0, 0);
  const sizes = Array.from(
    { length: 4000 },
    (_, i) => 2 ** (i / 8 - 480) * (1 + random.uniformF64()),
  );
  const next = [2 ** -53, 2 ** -52, 2 ** -27, 1e-300, 5e-324, 0.5, 1 - 2 ** -53, Number.MAX_VALUE];
  for (const x of [...sizes, ...next, ...[...sizes, ...next].filter((x) => x < 1).map((x) => -x)]) {
    // Two units for the logarithm, one each for the rounded sum, quotient and product, and one for the host's.
    assertRelative(portableLog1p(x), Math.log1p(x), 5 * 2 ** -52, 0, `ln (1 + ${x})`);
  }
  assert.equal(portableLog1p(0), 0);
  assert.equal(portableLog1p(-1), -Infinity);
  assert.equal(portableLog1p(Infinity), Infinity);
  assert.ok(Number.isNaN(portableLog1p(-1.5)) && Number.isNaN(portableLog1p(NaN)));
});

Deno.test("tableLog() is within 2^-51 or 2^-52 of ln x, also between the entries of its table", () => {
  const random = new HostRandom(2, 0, 0);
  const swept = Array.from(
    { length: 4200 },
    (_, i) => 2 ** (i / 2 - 1074) * (1 + random.uniformF64()),
  );
  const ends = Array.from({ length: 257 }, (_, i) => 1 + (i - 1) / 128);
  const beside = ends.flatMap((x) => [x, x * (1 - 2 ** -53), x * (1 + 2 ** -52)]);
  for (const x of [...swept, ...beside, 5e-324, Number.MAX_VALUE, 0, Infinity]) {
    // Plus the host's own rounding.
    assertRelative(tableLog(x), Math.log(x), 2 * 2 ** -52, 2 ** -51, `ln ${x}`);
  }
  assert.ok(Number.isNaN(tableLog(-1)) && Number.isNaN(tableLog(NaN)));
});

Deno.test("portableExp() is eˣ over the whole range of float64", () => {
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

Deno.test("portableSinh() and portableCosTurns() agree with the host's functions to the last places", () => {
  for (let i = -4000; i <= 4000; i++) {
    const x = i / 97;
    assertRelative(portableSinh(x), Math.sinh(x), 4 * 2 ** -52, 0, `sinh ${x}`);
    // The host's angle is rounded before its cosine is taken: by 2^-53 of up to 260.
    const turns = i / 97;
    assertRelative(portableCosTurns(turns), Math.cos(2 * Math.PI * turns), 0, 2 ** -44, `${turns}`);
  }
  for (const [turns, cosine] of [[0, 1], [0.25, 0], [0.5, -1], [0.75, 0], [1e6, 1], [-0.5, -1]]) {
    assert.equal(portableCosTurns(turns) + 0, cosine);
  }
  assertRelative(portableCosTurns(1 / 6), 0.5, 2 ** -51);
  assertRelative(portableCosTurns(1 / 8), Math.SQRT1_2, 2 ** -51);
  assert.equal(portableSinh(0), 0);
  assertRelative(portableSinh(1e-300), 1e-300, 0);
  assert.ok(Number.isNaN(portableSinh(NaN)) && Number.isNaN(portableCosTurns(NaN)));
});
