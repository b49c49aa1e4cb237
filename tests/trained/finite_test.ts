/** The check of every call against the host's own search, value by value. */
import { equal } from "node:assert/strict";
import { areFinite, haveFiniteSum, MAX_FLOAT32 } from "../../src/trained/finite.ts";

const SPECIAL = [NaN, Infinity, -Infinity, MAX_FLOAT32, -MAX_FLOAT32, 1e-45, -0];

Deno.test("haveFiniteSum() finds what a search finds, wherever the value is", () => {
  for (const length of [1, 2, 3, 4, 5, 7, 8, 11]) {
    for (let at = 0; at < length; at++) {
      for (const value of SPECIAL) {
        for (const other of [0, MAX_FLOAT32, -MAX_FLOAT32]) {
          const values = new Float32Array(length).fill(other);
          values[at] = value;
          equal(haveFiniteSum(values), areFinite(values, MAX_FLOAT32), `${values}`);
        }
      }
    }
  }
});

Deno.test("haveFiniteSum() is not deceived by infinities that cancel", () => {
  for (const values of [[Infinity, -Infinity], [-Infinity, 1, Infinity], [Infinity, NaN]]) {
    equal(haveFiniteSum(Float32Array.from(values)), false);
  }
});

Deno.test("haveFiniteSum() is true for many of the largest numbers", () => {
  equal(haveFiniteSum(new Float32Array(100_001).fill(MAX_FLOAT32)), true);
  equal(haveFiniteSum(new Float32Array(0)), true);
});
