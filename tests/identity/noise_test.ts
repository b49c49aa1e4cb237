/**
 * The noise is standard normal and independent: its moments, its tails and its correlations, each within standard
 * errors of n draws: mean 1/√n, variance √(2/n), skewness √(6/n), kurtosis √(24/n), a share p √(p(1-p)/n), a
 * correlation 1/√n.
 */
import assert from "node:assert/strict";
import { assertRelative } from "../util/close.ts";
import { EXECUTORS } from "../util/executors.ts";
import { STANDARD_ERRORS } from "../util/statistics.ts";
import { drawNoise } from "../util/probe.ts";

const ROWS = 20_000;
const LATENT = 5; // not a multiple of the four lanes of a block
const N = ROWS * LATENT;

/** P(|z| ≤ k) of a standard normal, k = 1, 2, 3. */
const WITHIN = [0.6826894921370859, 0.9544997361036416, 0.9973002039367398];

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum / a.length;
}

for (const executor of EXECUTORS) {
  Deno.test(`noise has the moments of a standard normal, on ${executor.label}`, () => {
    const noise = drawNoise(executor, { rows: ROWS, latent: LATENT, seed: 2 ** 40 + 7, step: 3 });
    const moment = (power: number) => noise.reduce((sum, z) => sum + z ** power, 0) / N;
    const near = (got: number, want: number, deviation: number, what: string) =>
      assertRelative(got, want, 0, STANDARD_ERRORS * deviation / Math.sqrt(N), what);
    near(moment(1), 0, 1, "mean");
    near(moment(2), 1, Math.sqrt(2), "variance");
    near(moment(3), 0, Math.sqrt(15), "third moment"); // var z³ = 15
    near(moment(4), 3, Math.sqrt(96), "fourth moment"); // var z⁴ = 105 - 9
    WITHIN.forEach((share, i) => {
      const inside = noise.filter((z) => Math.abs(z) <= i + 1).length / N;
      near(inside, share, Math.sqrt(share * (1 - share)), `share within ${i + 1}`);
    });
    assert.ok(noise.every((z) => Math.abs(z) < 5.77), "draws are bounded by √(48 ln 2)");
  });

  Deno.test(`noise is uncorrelated across columns, rows, steps, seeds, on ${executor.label}`, () => {
    const size = { rows: ROWS, latent: LATENT };
    const noise = drawNoise(executor, { ...size, seed: 1 });
    const others = [
      drawNoise(executor, { ...size, seed: 1, step: 1 }),
      drawNoise(executor, { ...size, seed: 2 }),
      drawNoise(executor, { ...size, seed: 1 + 2 ** 32 }),
      ...[1, 2, 3, LATENT, 4 * LATENT].map((lag) => noise.subarray(lag)),
    ];
    others.forEach((other, i) => {
      const limit = STANDARD_ERRORS / Math.sqrt(other.length);
      assertRelative(correlation(other, noise), 0, 0, limit, `pair ${i}`);
      // Also between squares, because Box-Muller pairs share a radius.
      const squares = (values: Float64Array) => values.map((z) => (z * z - 1) / Math.SQRT2);
      assertRelative(correlation(squares(other), squares(noise)), 0, 0, limit, `squares ${i}`);
    });
  });
}
