/**
 * The vector functions of the debug build and of the shipped builds against Math in float64, within the errors that
 * they promise, and at the ends of their domains. `scripts/accuracy.ts` measures them on all numbers.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { errorOf, VECTOR_FUNCTIONS, type VectorFunction } from "../../scripts/accuracy.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { type Activation, isTrainingOp, type OpName } from "../../src/ops/names.ts";
import type { Node } from "../../src/ops/spec.ts";
import { Workbench } from "./debug_kernels.ts";
import { mapShipped, SHIPPED, type Shipped } from "./shipped.ts";

const STRIDE = 104729; // prime: 41 000 numbers over all exponents and both signs
/** More for the shipped builds, which are faster: seeded, between any two of the others. */
const BETWEEN = 2;
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

/** How to compute a function with a shipped build: an operation, and how its result gives the function. */
interface Route {
  readonly op: OpName;
  readonly build: (g: Graph, x: Node) => Node;
  /** A power of two, so that multiplying is exact. */
  readonly scale?: number;
  /** Smaller arguments are left out, because a factor would cost digits. */
  readonly least?: number;
}

const activation = (kind: Activation): Route => ({
  op: "activation",
  build: (g, x) => g.activation(x, { kind }),
});

/**
 * By the name of the function. Those that are missing are covered elsewhere: `log1pUnit` as part of softplus,
 * `cosTwoPi` and `sinTwoPi` as part of `randomNormal` (`random_test.ts`).
 */
const ROUTES: Readonly<Record<string, Route>> = {
  exp: { op: "exp", build: (g, x) => g.exp(x) },
  log: { op: "log", build: (g, x) => g.log(x) },
  log1p: { op: "log1p", build: (g, x) => g.log1p(x) },
  // dy · (1 - e⁻ʸ) for y = -x, dy = -1.
  expm1: {
    op: "activationGrad",
    build: (g, x) =>
      g.activationGrad(g.affine(x, { scale: -1, offset: 0 }), g.constant(-1), { kind: "softplus" }),
  },
  // ½ (μ² + eˣ - 1 - x) for μ = 0.
  expm1LessX: {
    op: "gaussianKl",
    build: (g, x) => g.gaussianKl(g.constant(0), x),
    scale: 2,
    least: 2 ** -62,
  },
  continuousBernoulliLogNorm: {
    op: "continuousBernoulliLogNorm",
    build: (g, x) => g.continuousBernoulliLogNorm(x),
  },
  continuousBernoulliLogNormSlope: {
    op: "continuousBernoulliLogNormSlope",
    build: (g, x) => g.continuousBernoulliLogNormSlope(x),
  },
  tanh: activation("tanh"),
  sigmoid: activation("sigmoid"),
  softplus: activation("softplus"),
  elu: activation("elu"),
};

/** Each function with each build that can compute it. */
const REACHED = (Object.keys(SHIPPED) as Shipped[]).flatMap((shipped) => {
  const routes = Object.entries(ROUTES)
    .filter(([, { op }]) => !SHIPPED[shipped][0].forwardOnly || !isTrainingOp(op));
  return routes.map(([name, route]) => {
    const run = (x: ArrayLike<number>) =>
      mapShipped(shipped, x, route.build).map((y) => y * (route.scale ?? 1));
    return { shipped, f: named(name), route, run };
  });
});

/** Every STRIDE-th float32 number in [low, high]. */
function sample([low, high]: readonly [number, number]): Float32Array {
  const words = Uint32Array.from({ length: Math.floor(2 ** 32 / STRIDE) }, (_, i) => i * STRIDE);
  return new Float32Array(words.buffer).filter((x) => x >= low && x <= high);
}

/** Seeded numbers between them, several times as many; and both ends. */
function denseSample([low, high]: readonly [number, number], seed: number): Float32Array {
  const random = new HostRandom(seed, 0, 0), step = STRIDE / BETWEEN;
  const words = Uint32Array.from(
    { length: Math.floor(2 ** 32 / step) },
    (_, i) => i * step + random.below(Math.floor(step)),
  );
  const drawn = new Float32Array(words.buffer).filter((x) => x >= low && x <= high);
  const regular = sample([low, high]), all = new Float32Array(2 + regular.length + drawn.length);
  all.set([low, high]);
  all.set(regular, 2);
  all.set(drawn, 2 + regular.length);
  return all;
}

function assertPromise(f: VectorFunction, x: Float32Array, got: Float32Array): void {
  ok(x.length > 1000);
  x.forEach((at, i) => {
    const want = f.oracle(at), error = errorOf(f, got[i], want);
    ok(error <= f.promise, `${f.name}(${at}): got ${got[i]}, want ${want}, ${error} ${f.unit}`);
  });
}

for (const f of VECTOR_FUNCTIONS) {
  Deno.test(`${f.name}() errs by at most ${f.promise} ${f.unit}`, () => {
    const x = sample(f.domain);
    assertPromise(f, x, apply(f, x));
  });
}

REACHED.forEach(({ shipped, f, route, run }, seed) => {
  Deno.test(`${shipped}: ${f.name}() errs by at most ${f.promise} ${f.unit}`, () => {
    const x = denseSample(f.domain, seed).filter((at) => !(Math.abs(at) < (route.least ?? 0)));
    assertPromise(f, x, run(x));
  });
});

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

function assertExact(name: string, run: (x: ArrayLike<number>) => Float32Array): void {
  const values = EXACT[name], got = [...run(values.map(([x]) => x))];
  values.forEach(([x, want], i) => {
    // Only tanh keeps the sign of zero.
    if (want === 0 && name !== "tanh") equal(Math.abs(got[i]), 0, `${name}(${x})`);
    else deepEqual(got[i], want, `${name}(${x})`);
  });
}

for (const f of VECTOR_FUNCTIONS) {
  Deno.test(`${f.name}() at the ends of its domain`, () => {
    assertExact(f.name, (x) => apply(f, x));
  });
}

for (const { shipped, f, run } of REACHED) {
  Deno.test(`${shipped}: ${f.name}() at the ends of its domain`, () => assertExact(f.name, run));
}

Deno.test("tanh() beyond its fit is a constant at most 6 ulp below 1", () => {
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
  for (const { shipped, f, run } of REACHED) ok(run(x).every(Number.isNaN), `${shipped} ${f.name}`);
});

Deno.test("limits hold exactly: |tanh| <= 1, sigmoid in [0, 1], e^x - 1 - x >= 0, elu >= -1", () => {
  const x = sample([-80, 80]);
  const BOUNDS: Readonly<Record<string, (y: number) => boolean>> = {
    tanh: (y) => Math.abs(y) <= 1,
    sigmoid: (y) => y >= 0 && y <= 1,
    expm1LessX: (y) => y >= 0,
    elu: (y) => y >= -1,
  };
  for (const [name, holds] of Object.entries(BOUNDS)) ok(apply(named(name), x).every(holds), name);
  for (const { shipped, f: { name }, run } of REACHED) {
    if (name in BOUNDS) ok(run(x).every(BOUNDS[name]), `${shipped} ${name}`);
  }
});

// Some functions leave out a formula that none of the four numbers of a vector needs.
for (const { shipped, f: { name, domain: [low, high] }, run } of REACHED) {
  Deno.test(`${shipped}: the neighbours of a number change no bits of ${name}()`, () => {
    const random = new HostRandom(5, 0, 0), COUNT = 256;
    const x = Float32Array.from({ length: COUNT }, () => {
      const near = 2.5 * random.uniformF64() - 1.25;
      return Math.max(low, Math.min(high, random.below(3) === 0 ? 10 * near : near));
    });
    const apart = run(Float32Array.from({ length: 4 * COUNT }, (_, i) => x[i >> 2]));
    deepEqual(run(x), apart.filter((_, i) => i % 4 === 0));
  });
}

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
