/**
 * Points for the levels of categories, which views hold instead of an indicator for each level. Levels are near each
 * other if they come with similar cells in the other columns, and far out if they are rare.
 *
 *   m_l   n_l / (n_l + SHRINK) times the mean of the other columns' features over the n_l rows with level l
 *   u_k   the first left singular vectors of √p_l m_l, p_l = n_l / n, orthogonal to √p_l
 *   y_l   u_l / √(p_l d), so that Σ_l p_l y_l y_lᵀ = I / d: correspondence analysis, with the variance of one numeric
 *         column, however many levels there are
 *
 * A point is at most MAX_RADIUS from the mean, and at least MIN_SHARE of how far it would be with an axis for every
 * level, √((1 - p_l) / (p_l (levels - 1))): rare levels stand out, whatever they come with. Other categories take part
 * by their own points, so all are found in turns, from random ones (alternating least squares: Gifi, Nonlinear
 * Multivariate Analysis, 1990, chapter 3). A level that no row has is twice as far out as any other can be, on all axes
 * alike.
 */
import { normal } from "../../core/random/draws.ts";
import { HostRandom } from "../../core/random/philox.ts";
import { STREAMS } from "../../core/random/streams.ts";

/** Most axes of a category; it has one fewer than levels. */
const MAX_AXES = 3;

/** Rounds over all categories, and power iterations for each in a round. */
const ROUNDS = 4, ITERATIONS = 8;

/** Rows of a level at which half of their mean counts. */
const SHRINK = 10;

/** Standard deviations of a numeric column: one rare level must not outweigh all other columns. */
const MAX_RADIUS = 5;

/**
 * Of the distance with an axis for every level: none of it hides rare levels, all of it contradictory ones (ADR 82).
 */
const MIN_SHARE = 0.6;

/** A category: the code of each row, -1 if its cell is missing, and the number of codes. */
export interface Codes {
  readonly codes: Int32Array;
  readonly count: number;
}

/** Some columns of all rows, `[rows, width]`; 0 where a cell is missing. */
interface Features {
  readonly data: ArrayLike<number>;
  readonly width: number;
}

/** The coordinates of each category's levels, axis by axis. */
export function levelPoints(categories: readonly Codes[], numbers: Features): Float64Array[][] {
  const random = new HostRandom(0, 4, STREAMS.ensemble);
  const all = categories.map((category) => new Axes(category, random));
  for (let round = 0; round < ROUNDS; round++) {
    for (const own of all) own.improve(numbers, all.filter((other) => other !== own));
  }
  return all.map((each) => each.points());
}

class Axes {
  readonly #codes: Int32Array;
  readonly #counts: Float64Array;
  readonly #rootShares: Float64Array;
  /** u_k, orthonormal. */
  #vectors: Float64Array[];

  constructor({ codes, count }: Codes, random: HostRandom) {
    this.#codes = codes;
    this.#counts = new Float64Array(count);
    for (const code of codes) if (code >= 0) this.#counts[code]++;
    const rows = this.#counts.reduce((sum, each) => sum + each, 0);
    this.#rootShares = this.#counts.map((each) => Math.sqrt(each / Math.max(1, rows)));
    const axes = Math.min(MAX_AXES, Math.max(0, this.#levels - 1));
    this.#vectors = this.#orthonormal(
      Array.from({ length: axes }, () => this.#rootShares.map((root) => root * normal(random))),
    );
  }

  get #levels(): number {
    return this.#counts.reduce((sum, each) => sum + Number(each > 0), 0);
  }

  /** Turns the axes towards what tells the levels' other cells apart. */
  improve(numbers: Features, others: readonly Axes[]): void {
    const means = this.#means(numbers, others), width = means.length / this.#counts.length;
    for (let iteration = 0; iteration < ITERATIONS; iteration++) {
      this.#vectors = this.#orthonormal(this.#vectors.map((u) => this.#multiply(means, width, u)));
    }
  }

  /** y_l, axis by axis; one axis if no two levels have rows. */
  points(): Float64Array[] {
    const axes = Math.max(1, this.#vectors.length), levels = this.#levels;
    const points = Array.from({ length: axes }, () => new Float64Array(this.#counts.length));
    this.#counts.forEach((count, l) => {
      if (count === 0) return points.forEach((y) => y[l] = 2 * MAX_RADIUS / Math.sqrt(axes));
      const length = Math.sqrt(this.#vectors.reduce((sum, u) => sum + u[l] ** 2, 0));
      if (length === 0) return;
      const share = this.#rootShares[l] ** 2;
      const least = MIN_SHARE * Math.sqrt((1 - share) / share / (levels - 1));
      const radius = Math.max(least, length / Math.sqrt(share * axes));
      const scale = Math.min(MAX_RADIUS, radius) / length;
      this.#vectors.forEach((u, k) => points[k][l] = u[l] * scale);
    });
    return points;
  }

  /** m_l, `[levels, width]`. */
  #means({ data, width }: Features, others: readonly Axes[]): Float64Array {
    const points = others.flatMap((other) =>
      other.points().map((values) => ({ values, codes: other.#codes }))
    );
    const all = width + points.length, means = new Float64Array(this.#counts.length * all);
    this.#codes.forEach((code, r) => {
      if (code < 0) return;
      let to = code * all;
      for (let i = r * width; i < (r + 1) * width; i++) means[to++] += data[i];
      for (const { values, codes } of points) means[to++] += codes[r] < 0 ? 0 : values[codes[r]];
    });
    return means.map((sum, i) => sum / (this.#counts[Math.floor(i / all)] + SHRINK));
  }

  /** M Mᵀ u of M = √p_l m_l, and a trifle of u, which remains if there is nothing else. */
  #multiply(means: Float64Array, width: number, u: Float64Array): Float64Array {
    const projected = new Float64Array(width), roots = this.#rootShares;
    u.forEach((each, l) => {
      for (let i = 0; i < width; i++) projected[i] += roots[l] * each * means[l * width + i];
    });
    return u.map((each, l) => {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += means[l * width + i] * projected[i];
      return roots[l] * sum + 1e-9 * each;
    });
  }

  /** Gram-Schmidt, after √p. */
  #orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
    const basis = [this.#rootShares];
    for (const vector of vectors) {
      let rest = unit(vector);
      // Twice is enough (Kahan): the first pass may leave little but rounding errors.
      for (const axis of [...basis, ...basis]) {
        const along = dot(rest, axis);
        rest = rest.map((each, l) => each - along * axis[l]);
      }
      basis.push(unit(rest));
    }
    return basis.slice(1);
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, each, i) => sum + each * b[i], 0);
}

function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  return length > 0 ? vector.map((each) => each / length) : vector;
}
