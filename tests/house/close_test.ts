/** The comparisons of tests/util/close.ts: exact at their limits, and never passing a NaN. */

import { AssertionError } from "node:assert";
import { doesNotThrow, equal, throws } from "node:assert/strict";
import {
  assertCloseReduction,
  assertRelative,
  assertSameBytes,
  assertUlp,
  type Numbers,
  ulpOf,
} from "../util/close.ts";

Deno.test("ulpOf() is the spacing of float32 numbers", () => {
  equal(ulpOf(1), 2 ** -23);
  equal(ulpOf(-1.999), 2 ** -23);
  equal(ulpOf(2), 2 ** -22);
  equal(ulpOf(0), 2 ** -149);
  equal(ulpOf(2 ** -127), 2 ** -149);
  equal(ulpOf(2 ** -126), 2 ** -149);
  equal(ulpOf(2 ** -125), 2 ** -148);
  equal(ulpOf(Infinity), 2 ** 104);
  for (let power = -126; power < 128; power++) equal(ulpOf(2 ** power), 2 ** (power - 23));
});

Deno.test("ulpOf() equals the distance to the next float32 by its bits", () => {
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  for (let i = 0; i < 2000; i++) {
    bits[0] = (i * 1_064_621) % 0x7f7f_ffff;
    const here = value[0];
    bits[0]++;
    equal(ulpOf(here), value[0] - here);
  }
});

Deno.test("assertUlp() accepts up to its limit and fails just beyond", () => {
  doesNotThrow(() => assertUlp(1 + 2 ** -23, 1, 1));
  throws(() => assertUlp(1 + 2 ** -22, 1, 1), AssertionError);
  doesNotThrow(() => assertUlp(1 + 2 ** -23, 1 + 0.3 * 2 ** -23, 0.7));
  throws(() => assertUlp(1 + 2 ** -23, 1 + 0.25 * 2 ** -23, 0.7), AssertionError);
});

Deno.test("assertCloseReduction() allows (k + 4) 2^-24 sum|terms| and no more", () => {
  const bound = (16 + 4) * 2 ** -24 * 3;
  doesNotThrow(() => assertCloseReduction([0.5 + bound], [0.5], [3], 16));
  throws(() => assertCloseReduction([0.5 + bound * 1.001], [0.5], [3], 16), AssertionError);
  doesNotThrow(() => assertCloseReduction([1, 2], [1, 2 + bound], 3, 16));
  throws(() => assertCloseReduction([1, 2, 3], [1, 2, 3], [1, 2], 16), /sumAbsTerms has 2/);
});

Deno.test("assertCloseReduction() holds for float32 sums in two orders", () => {
  const terms = Float32Array.from({ length: 999 }, (_, i) => Math.sin(i * 12.9898) * 1e3);
  const exact = terms.reduce((sum, term) => sum + term, 0); // float64
  const sumAbs = terms.reduce((sum, term) => sum + Math.abs(term), 0);
  let forward = 0;
  for (const term of terms) forward = Math.fround(forward + term);
  let backward = 0;
  for (const term of terms.toReversed()) backward = Math.fround(backward + term);
  assertCloseReduction([forward, backward], [exact, exact], sumAbs, terms.length);
});

Deno.test("assertRelative() accepts up to its limit and fails just beyond", () => {
  doesNotThrow(() => assertRelative(101, 100, 0.01));
  throws(() => assertRelative(101.1, 100, 0.01), AssertionError);
  doesNotThrow(() => assertRelative(1e-9, 0, 0, 1e-8));
  throws(() => assertRelative(1e-9, 0, 0.5), AssertionError);
});

const ALL: readonly ((actual: Numbers, expected: Numbers) => void)[] = [
  (actual, expected) => assertCloseReduction(actual, expected, 1e300, 4),
  (actual, expected) => assertUlp(actual, expected, 1e300),
  (actual, expected) => assertRelative(actual, expected, 1e300),
];

Deno.test("no comparison accepts a NaN, a missing element or a wrong infinity, however wide the tolerance", () => {
  for (const compare of ALL) {
    throws(() => compare([1, NaN], [1, 2]), AssertionError);
    throws(() => compare([NaN], [NaN]), AssertionError);
    throws(() => compare([1], [NaN]), AssertionError);
    throws(() => compare([1], [1, 2]), AssertionError);
    throws(() => compare([Infinity], [1]), AssertionError);
    throws(() => compare([1], [Infinity]), AssertionError);
    throws(() => compare([-Infinity], [Infinity]), AssertionError);
    doesNotThrow(() => compare([Infinity, -Infinity, 0], [Infinity, -Infinity, -0]));
  }
});

Deno.test("a failure prints index, got, want, ULP and tolerance", () => {
  throws(
    () => assertUlp([1, 1 + 2 ** -21], [1, 1], 2, "exp"),
    /exp: 1 of 2 differ\n {2}\[1\] got 1\.00000047\d*, want 1, off by 4\.77e-7 = 4\.00 ULP, tolerance 2\.38e-7/,
  );
});

Deno.test("assertSameBytes() names the first byte that differs, also past the end of the shorter one", () => {
  doesNotThrow(() => assertSameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  const got = Uint8Array.of(1, 2, 3);
  throws(
    () => assertSameBytes(got, Uint8Array.of(1, 4, 3)),
    /first difference at byte 1: 2, want 4/,
  );
  throws(() => assertSameBytes(got, Uint8Array.of(1, 2)), /got 3 bytes, want 2: .* byte 2/);
});
