/**
 * How well the levels of a row's categories fit its other cells: -ln p(own level | other cells) of each, in nats, by a
 * linear discriminant (Fisher, "The use of multiple measurements in taxonomic problems", 1936) between levels that are
 * equally likely. By the regression with inverse covariance P (`detection/ensemble/linear.ts`), the features B of a
 * category are N(e, P_BB⁻¹) given all other features. Level l is their point y_l, so
 *
 *   p(l) ∝ exp(-½ (y_l - e) P_BB (y_l - e)ᵀ) ∝ exp(y_l·h - ½ y_l P_BB y_lᵀ),  h = e P_BB
 *
 * The residuals r = x W, W = P diag(P)^(-½), hold what is needed: h_f = W_ff (Σ_{d in B} x_d W_df - r_f).
 *
 * The squared residuals of `linear` see a wrong level only in features that the category's other features do not
 * explain, and in a sum with those of all columns.
 */
import { portableExp, portableLog } from "../../core/portable.ts";
import type { Feature } from "../views/view.ts";

type Values = Float32Array | Float64Array;

/**
 * Added to the sum of a row: differences far below a nat say nothing, and without this their logarithms would be most
 * of the curve.
 */
export const LEAST_NATS = 0.1;

/** Logits further below the largest add nothing in float64. */
const NEGLIGIBLE = -40;

export interface Category {
  /** Its first feature; the others follow. */
  readonly first: number;
  readonly axes: number;
  /** P_BB, `[axes, axes]`, and the W_ff. */
  readonly precision: Float64Array;
  readonly scales: Float64Array;
  /** y_l, `[levels, axes]`, and ½ y_l P_BB y_lᵀ. */
  readonly points: Float64Array;
  readonly offsets: Float64Array;
}

export class LevelOdds {
  readonly categories: readonly Category[];
  /** h of one category, and the logits of its levels. */
  readonly #h: Float64Array;
  readonly #logits: Float64Array;

  /** @param weight W, `[F, F]` */
  constructor(features: readonly Feature[], weight: Float32Array) {
    this.categories = features.flatMap(({ column }, first) => {
      if (features[first - 1]?.column === column) return [];
      const axes = features.filter((each) => each.column === column).flatMap(({ transform }) =>
        transform.kind === "point" ? [transform.values] : []
      );
      return axes.length > 0 ? [categoryAt(first, axes, weight, features.length)] : [];
    });
    this.#h = new Float64Array(Math.max(0, ...this.categories.map(({ axes }) => axes)));
    const levels = this.categories.map(({ offsets }) => offsets.length);
    this.#logits = new Float64Array(Math.max(0, ...levels));
  }

  /**
   * Writes the nats of each category to its first feature in `share`, and 0 to all others.
   * @param residuals r, of the same rows as `x`
   * @param at index of the row's first feature in both
   */
  write(x: Values, residuals: Values, at: number, share: Float64Array): void {
    share.fill(0);
    for (const category of this.categories) {
      share[category.first] = this.#nats(category, x, residuals, at + category.first);
    }
  }

  #nats(category: Category, x: Values, residuals: Values, at: number): number {
    const { axes, precision, scales, points, offsets } = category;
    const h = this.#h, logits = this.#logits;
    let own = -halfSquare(x, at, precision, axes);
    for (let k = 0; k < axes; k++) {
      let sum = -residuals[at + k] * scales[k];
      for (let d = 0; d < axes; d++) sum += x[at + d] * precision[d * axes + k];
      h[k] = sum;
      own += sum * x[at + k];
    }
    let largest = own;
    for (let l = 0, i = 0; l < offsets.length; l++) {
      let logit = -offsets[l];
      for (let k = 0; k < axes; k++) logit += h[k] * points[i++];
      logits[l] = logit;
      if (logit > largest) largest = logit;
    }
    let sum = 0;
    for (let l = 0; l < offsets.length; l++) {
      const below = logits[l] - largest;
      if (below > NEGLIGIBLE) sum += portableExp(below);
    }
    return Math.max(0, largest + portableLog(sum) - own);
  }
}

function categoryAt(
  first: number,
  coordinates: readonly Float32Array[],
  weight: Float32Array,
  width: number,
): Category {
  const axes = coordinates.length, levels = coordinates[0].length;
  const scales = Float64Array.from(coordinates, (_, k) => weight[(first + k) * (width + 1)]);
  const precision = Float64Array.from({ length: axes * axes }, (_, i) => {
    const k = i % axes;
    return weight[(first + Math.floor(i / axes)) * width + first + k] * scales[k];
  });
  const points = Float64Array.from(
    { length: levels * axes },
    (_, i) => coordinates[i % axes][Math.floor(i / axes)],
  );
  const offsets = Float64Array.from(
    { length: levels },
    (_, l) => halfSquare(points, l * axes, precision, axes),
  );
  return { first, axes, precision, scales, points, offsets };
}

/** ½ y P_BB yᵀ of the point at `at`. */
function halfSquare(y: Values, at: number, precision: Float64Array, axes: number): number {
  let sum = 0;
  for (let d = 0, i = 0; d < axes; d++) {
    for (let k = 0; k < axes; k++) sum += y[at + d] * precision[i++] * y[at + k];
  }
  return sum / 2;
}
