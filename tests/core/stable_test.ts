/**
 * Numerically stable functions against the naive formula where that is accurate, and against limits where it is not.
 */
import assert from "node:assert/strict";
import { portableExp } from "../../src/core/portable.ts";
import {
  cosineRamp,
  LN_2PI,
  LOG_VARIANCE,
  logSumExp,
  MAX_SCALE,
  MAX_VARIANCE,
  sigmoid,
  softplus,
} from "../../src/core/stable.ts";

/** Both sides round a handful of times, each by at most 2^-53 of the result. */
const FEW_ROUNDINGS = 16 * 2 ** -53;

function assertClose(actual: number, expected: number, scale = Math.abs(expected)): void {
  const difference = Math.abs(actual - expected);
  assert.ok(difference <= FEW_ROUNDINGS * scale, `${actual} is not ${expected}`);
}

Deno.test("LN_2PI is ln 2π", () => assertClose(LN_2PI, Math.log(2 * Math.PI)));

Deno.test("MAX_VARIANCE and MAX_SCALE are what the library's exp gives", () => {
  assert.equal(MAX_VARIANCE, portableExp(LOG_VARIANCE.high));
  assert.equal(MAX_SCALE, portableExp(LOG_VARIANCE.high / 2));
});

Deno.test("softplus() equals ln(1 + eˣ) for moderate x and its asymptotes elsewhere", () => {
  for (const x of [-3, -1, -0.1, 0, 0.1, 1, 3, 30]) {
    assertClose(softplus(x), Math.log(1 + Math.exp(x)), 1 + Math.abs(x));
  }
  assertClose(softplus(-40), Math.exp(-40));
  assert.equal(softplus(1000), 1000);
  assert.equal(softplus(-1000), 0);
});

Deno.test("sigmoid() equals 1/(1 + e⁻ˣ), and sigmoid(x) + sigmoid(-x) = 1", () => {
  for (const x of [0, 0.5, 3, 18, 40, 700, 1000]) {
    assertClose(sigmoid(x), 1 / (1 + Math.exp(-x)));
    assertClose(sigmoid(x) + sigmoid(-x), 1);
  }
});

Deno.test("logSumExp() is shift invariant, and handles infinities", () => {
  const values = [0.3, -1.2, 2.5, 2.4];
  const naive = Math.log(values.reduce((total, x) => total + Math.exp(x), 0));
  assertClose(logSumExp(values), naive, 1);
  for (const shift of [1000, -1000]) {
    // Each shifted value is rounded once, by at most 2^-53 · 1003.
    assertClose(logSumExp(values.map((x) => x + shift)), naive + shift, 1003);
  }
  assert.equal(logSumExp([-Infinity, -Infinity]), -Infinity);
  assert.equal(logSumExp([]), -Infinity);
  assert.equal(logSumExp([-Infinity, 3]), 3);
  assert.equal(logSumExp([Infinity, 3]), Infinity);
  assert.ok(Number.isNaN(logSumExp([NaN, 3])));
});

Deno.test("cosineRamp() equals ½ (1 + cos πt) within 4e-16, and exactly at 0, ½ and 1", () => {
  assert.equal(cosineRamp(0), 1);
  assert.equal(cosineRamp(1), 0);
  for (let i = 0; i <= 20_000; i++) {
    const t = i / 20_000;
    // Math.cos and the sum around it round by at most 2^-53 and 2^-54 more.
    const expected = (1 + Math.cos(Math.PI * t)) / 2;
    assert.ok(Math.abs(cosineRamp(t) - expected) <= 4e-16 + 2e-16, `t = ${t}`);
  }
});
