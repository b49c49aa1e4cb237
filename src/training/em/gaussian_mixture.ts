/**
 * Fits a mixture of N diagonal Gaussians to points by EM (Dempster, Laird and Rubin, 1977), in float64:
 *
 *   E  r_in = π_n N(x_i; μ_n, σ²_n) / Σ_m …
 *   M  π_n = Σ_i r_in / I,  μ_n = Σ_i r_in x_i / Σ_i r_in,  σ²_n likewise about μ_n, with a floor
 *
 * The likelihood never falls, except because of the floor. Starting means are points drawn far apart (k-means++, Arthur
 * and Vassilvitskii, 2007). Exponentials and logarithms are the portable ones, so a seed gives the same mixture on
 * every machine.
 */
import { LN_2PI } from "../../core/stable.ts";
import { portableExp, portableLog } from "../../core/portable.ts";
import { HostRandom } from "../../core/random/philox.ts";
import { STREAMS } from "../../core/random/streams.ts";

/** Points `[I, L]`, row-major. */
export interface Points {
  readonly data: ArrayLike<number>;
  readonly shape: readonly [number, number];
}

/** A fitted mixture. */
export interface GaussianMixture {
  /** `[N]`, summing to 1. */
  readonly weights: Float64Array;
  /** `[N, L]` */
  readonly means: Float64Array;
  /** `[N, L]` */
  readonly variances: Float64Array;
  /** Mean ln p of the points at the start of each step, nats, rising. */
  readonly logLikelihood: readonly number[];
}

/** Options for fitting. */
export interface MixtureOptions {
  readonly components: number;
  readonly seed: number;
  readonly iterations: number;
  /** Stops when a step gains less, nats per point. */
  readonly tolerance: number;
}

/** Minimum variance of a component, as a share of the dimension's variance. */
const MIN_VARIANCE_SHARE = 1e-4;

export function fitMixture(points: Points, options: MixtureOptions): GaussianMixture {
  const { components, iterations, tolerance } = options;
  const floors = variancesOf(points).map((variance) =>
    Math.max(MIN_VARIANCE_SHARE * variance, 1e-12)
  );
  let mixture = start(points, options, floors);
  const history: number[] = [];
  const shares = new Float64Array(points.shape[0] * components);
  for (let step = 0; step < iterations; step++) {
    const logLikelihood = expect(points, mixture, shares);
    const gained = logLikelihood - (history.at(-1) ?? -Infinity);
    history.push(logLikelihood);
    if (gained < tolerance) break;
    mixture = maximize(points, shares, components, floors);
  }
  return { ...mixture, logLikelihood: history };
}

type Parameters = Omit<GaussianMixture, "logLikelihood">;

/** Starts with equal weights and the points' own variances, around points that lie far apart. */
function start(
  { data, shape: [count, size] }: Points,
  { components, seed }: MixtureOptions,
  floors: Float64Array,
): Parameters {
  const random = new HostRandom(seed, 0, STREAMS.mixture);
  const distances = new Float64Array(count).fill(Infinity);
  const means = new Float64Array(components * size);
  let chosen = Math.floor(random.uniformF64() * count);
  for (let n = 0; n < components; n++) {
    let total = 0;
    for (let l = 0; l < size; l++) means[n * size + l] = data[chosen * size + l];
    for (let i = 0; i < count; i++) {
      let square = 0;
      for (let l = 0; l < size; l++) square += (data[i * size + l] - means[n * size + l]) ** 2;
      distances[i] = Math.min(distances[i], square);
      total += distances[i];
    }
    let remaining = random.uniformF64() * total;
    chosen = distances.findIndex((distance) => (remaining -= distance) < 0);
    if (chosen < 0) chosen = count - 1;
  }
  const variances = Float64Array.from(means, (_, i) => floors[i % size] / MIN_VARIANCE_SHARE);
  return { weights: new Float64Array(components).fill(1 / components), means, variances };
}

/** Fills `shares` `[I, N]`. @returns the mean ln p of the points, nats */
function expect(
  { data, shape: [count, size] }: Points,
  { weights, means, variances }: Parameters,
  shares: Float64Array,
): number {
  const components = weights.length;
  const constants = weights.map((weight, n) => {
    let sum = portableLog(weight);
    for (let l = 0; l < size; l++) {
      sum -= 0.5 * (LN_2PI + portableLog(variances[n * size + l]));
    }
    return sum;
  });
  let total = 0;
  for (let i = 0; i < count; i++) {
    const row = shares.subarray(i * components, (i + 1) * components);
    for (let n = 0; n < components; n++) {
      let squares = 0;
      for (let l = 0; l < size; l++) {
        squares += (data[i * size + l] - means[n * size + l]) ** 2 / variances[n * size + l];
      }
      row[n] = constants[n] - 0.5 * squares;
    }
    const largest = row.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (let n = 0; n < components; n++) sum += row[n] = portableExp(row[n] - largest);
    for (let n = 0; n < components; n++) row[n] /= sum;
    total += largest + portableLog(sum);
  }
  return total / count;
}

function maximize(
  { data, shape: [count, size] }: Points,
  shares: Float64Array,
  components: number,
  floors: Float64Array,
): Parameters {
  const weights = new Float64Array(components);
  const means = new Float64Array(components * size),
    variances = new Float64Array(components * size);
  for (let i = 0; i < count; i++) {
    for (let n = 0; n < components; n++) {
      const share = shares[i * components + n];
      weights[n] += share;
      for (let l = 0; l < size; l++) means[n * size + l] += share * data[i * size + l];
    }
  }
  // A component without points keeps a positive weight, so that its logarithm is finite.
  const total = weights.map((weight) => Math.max(weight, 1e-12));
  for (let j = 0; j < means.length; j++) means[j] /= total[Math.floor(j / size)];
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < means.length; j++) {
      const share = shares[i * components + Math.floor(j / size)];
      variances[j] += share * (data[i * size + j % size] - means[j]) ** 2;
    }
  }
  for (let j = 0; j < variances.length; j++) {
    variances[j] = Math.max(variances[j] / total[Math.floor(j / size)], floors[j % size]);
  }
  const sum = total.reduce((a, b) => a + b);
  return { weights: total.map((weight) => weight / sum), means, variances };
}

function variancesOf({ data, shape: [count, size] }: Points): Float64Array {
  const means = new Float64Array(size), squares = new Float64Array(size);
  for (let i = 0; i < count * size; i++) means[i % size] += data[i] / count;
  for (let i = 0; i < count * size; i++) {
    squares[i % size] += (data[i] - means[i % size]) ** 2 / count;
  }
  return squares;
}
