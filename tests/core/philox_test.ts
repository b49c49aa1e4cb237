/**
 * Philox against the known answers of Random123 (kat_vectors, philox4x32 10), and the host's draws against exact
 * properties and chi-squared limits. Everything here is deterministic.
 */
import assert from "node:assert/strict";
import { HostRandom, philox, splitSeed } from "../../src/core/random/philox.ts";
import { chiSquared } from "../util/statistics.ts";

type Block = readonly [number, number, number, number];
const KNOWN: readonly { counter: Block; key: readonly [number, number]; block: Block }[] = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    block: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    block: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    block: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

Deno.test("philox() equals the known answers of Random123", () => {
  for (const { counter, key, block } of KNOWN) {
    const out = new Uint32Array(4);
    philox(...counter, ...key, out);
    assert.deepEqual([...out], [...block]);
  }
});

Deno.test("splitSeed() gives every safe integer a different key", () => {
  assert.deepEqual(splitSeed(0), [0, 0]);
  assert.deepEqual(splitSeed(2 ** 32 + 7), [7, 1]);
  assert.deepEqual(splitSeed(-1), [0xffffffff, 0xffffffff]);
  assert.deepEqual(splitSeed(Number.MAX_SAFE_INTEGER), [0xffffffff, 0x1fffff]);
  assert.deepEqual(splitSeed(Number.MIN_SAFE_INTEGER), [1, 0xffe00000]);
  for (const seed of [0.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => splitSeed(seed), RangeError);
  }
});

Deno.test("HostRandom depends on seed, step and stream, and on nothing else", () => {
  const first = (seed: number, step: number, stream: number) => {
    const random = new HostRandom(seed, step, stream);
    return Array.from({ length: 6 }, () => random.u32());
  };
  assert.deepEqual(first(1, 2, 3), first(1, 2, 3));
  const others = [first(1, 2, 3), first(4, 2, 3), first(1, 4, 3), first(1, 2, 4)];
  assert.equal(new Set(others.flat()).size, 24);

  const block = new Uint32Array(4);
  philox(0, 0, 2, 0x80000003, 1, 0, block);
  assert.deepEqual(first(1, 2, 3).slice(0, 4), [...block]);
  philox(1, 0, 2, 0x80000003, 1, 0, block);
  assert.deepEqual(first(1, 2, 3).slice(4), [...block.subarray(0, 2)]);
});

Deno.test("uniform draws lie on their grids in [0, 1)", () => {
  const random = new HostRandom(7, 0, 0);
  for (let i = 0; i < 1000; i++) {
    const single = random.uniformF32(), double = random.uniformF64();
    assert.ok(single >= 0 && single < 1 && Math.fround(single) === single);
    assert.ok(double >= 0 && double < 1 && Number.isInteger(double * 2 ** 53));
  }
});

Deno.test("below() gives each number below its limit equally often", () => {
  const random = new HostRandom(11, 0, 0);
  for (const bound of [1, 2, 3, 7, 2 ** 31 + 1, 2 ** 32 - 1]) {
    for (let i = 0; i < 50; i++) {
      const draw = random.below(bound);
      assert.ok(Number.isInteger(draw) && draw >= 0 && draw < bound);
    }
  }
  const counts = new Array(6).fill(0), draws = 6000;
  for (let i = 0; i < draws; i++) counts[random.below(6)]++;
  // Chi-squared with 5 degrees of freedom exceeds 25.7 once in 10^4 seeds.
  assert.ok(chiSquared(counts, draws / 6) < 25.7);
  for (const bound of [0, -1, 1.5, 2 ** 32]) assert.throws(() => random.below(bound), RangeError);
});
