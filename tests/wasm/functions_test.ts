/**
 * The vector functions of the debug build against float64 Math, within the errors that they promise
 * (scripts/accuracy.ts, which measures both shipped builds on far more numbers), and at the ends of
 * their domains.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { errorOf, VECTOR_FUNCTIONS, type VectorFunction } from "../../scripts/accuracy.ts";
import { Workbench } from "./debug_kernels.ts";

const STRIDE = 104729; // prime: 41 000 numbers over all exponents and both signs
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

function named(name: string): VectorFunction {
  const found = VECTOR_FUNCTIONS.find((f) => f.name === name);
  ok(found, name);
  return found;
}

function apply({ kernel, args }: VectorFunction, x: ArrayLike<number>): Float32Array {
  const bench = new Workbench(), out = bench.output(x.length);
  bench.call(kernel, out, bench.input(x), x.length, ...args);
  return bench.read(out, x.length);
}

/** Every STRIDE-th float32 in [low, high]. */
function sample([low, high]: readonly [number, number]): Float32Array {
  const words = Uint32Array.from({ length: Math.floor(2 ** 32 / STRIDE) }, (_, i) => i * STRIDE);
  return new Float32Array(words.buffer).filter((x) => x >= low && x <= high);
}

for (const f of VECTOR_FUNCTIONS) {
  Deno.test(`${f.name}() errs by at most ${f.promise} ${f.unit}`, () => {
    const x = sample(f.domain), got = apply(f, x);
    ok(x.length > 1000);
    x.forEach((at, i) => {
      const want = f.oracle(at), error = errorOf(f, got[i], want);
      ok(error <= f.promise, `${f.name}(${at}): got ${got[i]}, want ${want}, ${error} ${f.unit}`);
    });
  });
}

/** Exact values: arguments, then results. */
const EXACT: Readonly<Record<string, readonly (readonly [x: number, want: number])[]>> = {
  exp: [[0, 1], [-0, 1], [inf, inf], [-inf, 0], [nan, nan], [88.73, inf], [1e30, inf], [-87.34, 0]],
  log: [[1, 0], [0, -inf], [-0, -inf], [inf, inf], [-1, nan], [-inf, nan], [-1e-45, nan], [
    nan,
    nan,
  ]],
  expm1: [[0, 0], [-inf, -1], [-1e30, -1], [nan, nan]],
  expm1LessX: [[0, 0], [nan, nan], [100, inf]],
  log1pUnit: [[0, 0], [nan, nan]],
  log1p: [[0, 0], [-1, -inf], [-2, nan], [inf, inf], [-inf, nan], [nan, nan]],
  continuousBernoulliLogNorm: [
    [0, Math.fround(Math.LN2)],
    [1e-30, Math.fround(Math.LN2)],
    [inf, inf],
    [-inf, inf],
    [nan, nan],
  ],
  continuousBernoulliLogNormSlope: [[0, 0], [inf, 0], [-inf, 0], [nan, nan]],
  tanh: [[0, 0], [-0, -0], [nan, nan]],
  sigmoid: [[0, 0.5], [inf, 1], [-inf, 0], [100, 1], [-100, 0], [nan, nan]],
  softplus: [[100, 100], [inf, inf], [-inf, 0], [3e38, Math.fround(3e38)], [-200, 0], [nan, nan]],
  elu: [[0, 0], [2.5, 2.5], [inf, inf], [-inf, -1], [-100, -1], [nan, nan]],
  cosTwoPi: [[0, 1], [0.25, 0], [0.5, -1], [0.75, 0], [1, 1]],
  sinTwoPi: [[0, 0], [0.25, 1], [0.5, 0], [0.75, -1], [1, 0]],
};

for (const [name, values] of Object.entries(EXACT)) {
  Deno.test(`${name}() at the ends of its domain`, () => {
    const got = [...apply(named(name), values.map(([x]) => x))];
    values.forEach(([x, want], i) => {
      // The sign of zero is kept by tanh alone.
      if (want === 0 && name !== "tanh") equal(Math.abs(got[i]), 0, `${name}(${x})`);
      else deepEqual(got[i], want, `${name}(${x})`);
    });
  });
}

Deno.test("tanh() of what is beyond its fit is the same value short of 1, by no more than 6 ulp", () => {
  const [highest, ...others] = apply(named("tanh"), [7.85, 9.1, 1e30, inf, -9.1, -1e30, -inf]);
  ok(highest <= 1 && highest >= 1 - 6 * 2 ** -24, `${highest}`);
  deepEqual(others, [highest, highest, highest, -highest, -highest, -highest]);
});

Deno.test("NaN stays NaN, whatever its bits", () => {
  const words = Uint32Array.of(
    0x7f800001,
    0x7f8fffff,
    0x7fffffff,
    0xff800001,
    0xffffffff,
    0x7fc001ff,
  );
  const x = new Float32Array(words.buffer);
  for (const f of VECTOR_FUNCTIONS) ok(apply(f, x).every(Number.isNaN), f.name);
});

Deno.test("bounds hold exactly: |tanh| <= 1, sigmoid in [0, 1], e^x - 1 - x >= 0, elu >= -1", () => {
  const x = sample([-80, 80]);
  ok(apply(named("tanh"), x).every((y) => Math.abs(y) <= 1));
  ok(apply(named("sigmoid"), x).every((y) => y >= 0 && y <= 1));
  ok(apply(named("expm1LessX"), x).every((y) => y >= 0));
  ok(apply(named("elu"), x).every((y) => y >= -1));
});

Deno.test("affine() and clamp() are exact, and clamp() keeps NaN", () => {
  const x = Float32Array.of(-inf, -3, -0.5, 0, 0.5, 3, inf), bench = new Workbench();
  const scaled = bench.output(x.length), clamped = bench.output(x.length);
  bench.call("affine", scaled, bench.input(x), x.length, 2, 0.5);
  deepEqual([...bench.read(scaled, x.length)], [-inf, -5.5, -0.5, 0.5, 1.5, 6.5, inf]);
  bench.call("clamp", clamped, bench.input(x), x.length, -1, 2);
  deepEqual([...bench.read(clamped, x.length)], [-1, -1, -0.5, 0, 0.5, 2, 2]);
  const one = bench.output(1);
  bench.call("clamp", one, bench.input([nan]), 1, -1, 2);
  deepEqual([...bench.read(one, 1)], [nan]);
});

Deno.test("relu() and the identity are exact", () => {
  const x = Float32Array.of(-inf, -3, 0, 2.5, inf), bench = new Workbench();
  const [identity, relu] = [bench.output(5), bench.output(5)];
  bench.call("activation", identity, bench.input(x), 5, 0);
  bench.call("activation", relu, bench.input(x), 5, 1);
  deepEqual([...bench.read(identity, 5)], [...x]);
  deepEqual([...bench.read(relu, 5)], [0, 0, 0, 2.5, inf]);
});
