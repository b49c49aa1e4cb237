/**
 * What the encoder sees in place of a row while training; the clean row is still what is
 * reconstructed. Denoising criterion: Vincent et al., 2008; for VAEs: Im et al., 2017.
 *
 *   none      x
 *   gaussian  x + scale · ε, ε ~ N(0, I)            noise `corruption`, [B, D]
 *   mask      x, each cell 0 with `probability`     noise `corruption`, [B, 2D]
 *
 * A cell's two normals have a squared norm r² with P(r² > t) = e^(-t/2): exact for any probability, and
 * without a uniform draw.
 */
import { portableLog } from "../core/portable.ts";
import type { Shape } from "../core/shape.ts";
import { STREAMS } from "../core/random/streams.ts";
import { type Fields, requireChoice, requireNumber, requireObject } from "../core/validate.ts";
import type { Scope } from "../layers/scope.ts";
import { scaled } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";

/** A complete corruption. */
export type Corruption =
  | { readonly type: "none" }
  | { readonly type: "gaussian"; readonly scale: number }
  | { readonly type: "mask"; readonly probability: number };

const KEYS = { none: [], gaussian: ["scale"], mask: ["probability"] } as const;

/** @throws TypeError or RangeError naming what is below `field` */
export function parseCorruption(field: string, value: unknown = { type: "none" }): Corruption {
  const types = Object.keys(KEYS) as (keyof typeof KEYS)[];
  const given = Object(value) as Fields;
  const type = requireChoice(`${field}.type`, given.type, types);
  const { scale, probability } = requireObject(field, value, ["type", ...KEYS[type]]);
  switch (type) {
    case "none":
      return { type };
    case "gaussian":
      return { type, scale: requireNumber(`${field}.scale`, scale, { above: 0, max: 1e6 }) };
    case "mask": {
      const limits = { min: 0.001, max: 0.999 };
      return { type, probability: requireNumber(`${field}.probability`, probability, limits) };
    }
  }
}

/** What the encoder sees for x `[B, D]`; x itself where the program wants no noise. */
export function corrupt(scope: Scope, x: Node, corruption: Corruption): Node {
  const { g } = scope;
  const noiseOf = (shape: Shape) =>
    scope.noise({ name: "corruption", stream: STREAMS.corruption, shape });
  if (corruption.type === "none") return x;
  if (corruption.type === "gaussian") {
    const noise = noiseOf(x.shape);
    return noise ? g.add(x, scaled(g, noise, corruption.scale)) : x;
  }
  const { cols } = x.shape;
  const noise = noiseOf({ ...x.shape, cols: 2 * cols });
  if (!noise) return x;
  const [a, b] = [0, cols].map((start) => g.sliceCols(noise, { start, count: cols }));
  const squaredNorm = g.add(g.mul(a, a), g.mul(b, b));
  // `clampGrad` lets through what lies between its bounds: here the cells that are kept.
  return g.clampGrad(squaredNorm, x, { low: -1, high: -2 * portableLog(corruption.probability) });
}
