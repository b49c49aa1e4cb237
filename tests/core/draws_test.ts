/** Random draws on the host: moments against theory, up to four or five standard errors, and repeatability. */
import assert from "node:assert/strict";
import { gamma, normal, openUniform, poisson } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";

const COUNT = 100_000;

interface Moments {
  readonly mean: number;
  readonly variance: number;
  /** Fourth central moment, for the standard error of the variance. */
  readonly fourth: number;
}

function assertMoments(
  what: string,
  draw: (random: HostRandom) => number,
  { mean, variance, fourth }: Moments,
): void {
  const random = new HostRandom(7, 0, 0);
  let first = 0, second = 0;
  for (let i = 0; i < COUNT; i++) {
    const deviation = draw(random) - mean;
    first += deviation / COUNT;
    second += deviation * deviation / COUNT;
  }
  const meanError = Math.sqrt(variance / COUNT);
  const varianceError = Math.sqrt((fourth - variance ** 2) / COUNT);
  assert.ok(Math.abs(first) < 4.5 * meanError, `${what}: mean off by ${first / meanError} SE`);
  const off = (second - variance) / varianceError;
  assert.ok(Math.abs(off) < 4.5, `${what}: variance off by ${off} SE`);
}

Deno.test("normal() has mean 0, variance 1 and the tails of the normal distribution", () => {
  assertMoments("normal", normal, { mean: 0, variance: 1, fourth: 3 });
  const beyond = (x: number) => (random: HostRandom) => Number(normal(random) > x);
  for (const [x, p] of [[1, 0.1586553], [2, 0.02275013], [3, 0.001349898]]) {
    const variance = p * (1 - p), fourth = variance * (1 - 3 * variance);
    assertMoments(`P(z > ${x})`, beyond(x), { mean: p, variance, fourth });
  }
});

for (const shape of [0.05, 0.5, 1, 2.5, 40, 1e5]) {
  Deno.test(`gamma() of shape ${shape} has that mean and variance`, () => {
    const fourth = 3 * shape ** 2 + 6 * shape;
    assertMoments("gamma", (random) => gamma(random, shape), {
      mean: shape,
      variance: shape,
      fourth,
    });
  });
}

for (const rate of [0, 1e-3, 0.7, 9.9, 10, 37, 1e4, 1e8]) {
  Deno.test(`poisson() of rate ${rate} gives whole numbers with that mean and variance`, () => {
    const random = new HostRandom(2, 0, 0);
    for (let i = 0; i < 100; i++) {
      const drawn = poisson(random, rate);
      assert.ok(Number.isInteger(drawn) && drawn >= 0);
      if (rate === 0) assert.equal(drawn, 0);
    }
    if (rate === 0) return;
    const fourth = rate + 3 * rate ** 2;
    assertMoments("poisson", (random) => poisson(random, rate), {
      mean: rate,
      variance: rate,
      fourth,
    });
  });
}

Deno.test("poisson() has the right probabilities on both sides of the change of method", () => {
  for (const rate of [9.5, 10.5]) {
    const random = new HostRandom(3, 0, 0), found = new Float64Array(40);
    for (let i = 0; i < COUNT; i++) found[Math.min(39, poisson(random, rate))]++;
    let chiSquare = 0, mass = Math.exp(-rate);
    for (let n = 0; n < 25; mass *= rate / ++n) {
      if (n >= 2) chiSquare += (found[n] - COUNT * mass) ** 2 / (COUNT * mass);
    }
    // Chi-squared with 23 cells: mean 23, standard deviation √46; up to five of them.
    assert.ok(chiSquare < 23 + 5 * Math.sqrt(46), `χ² = ${chiSquare} at rate ${rate}`);
  }
});

Deno.test("openUniform() is never 0 nor 1", () => {
  const random = { uniformF64: () => 0 } as HostRandom;
  assert.ok(openUniform(random) > 0);
  assert.ok(openUniform(new HostRandom(1, 0, 0)) < 1);
});

Deno.test("restart() gives each item of a step its own sequence, always the same", () => {
  const fresh = new HostRandom(5, 3, 1), random = new HostRandom(5, 0, 1);
  const first = random.restart(3).uniformF64();
  assert.equal(first, fresh.uniformF64());
  const item = random.restart(3, 7).uniformF64();
  random.restart(4, 7).u32();
  assert.equal(random.restart(3, 7).uniformF64(), item);
  assert.notEqual(item, first);
  assert.throws(() => random.restart(-1), /step must be an integer/);
  assert.throws(() => random.restart(0, 2 ** 32), /item must be an integer/);
});
