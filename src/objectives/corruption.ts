/**
 * Corruption of the encoder's input during training; the target of the reconstruction is still the clean row. Denoising
 * criterion: Vincent et al., 2008; for VAEs: Im et al., 2017.
 *
 *   none      x
 *   gaussian  x + scale · ε, ε ~ N(0, I)            noise `corruption`, [B, D]
 *   mask      x, each cell 0 with `probability`     noise `corruption`, [B, 2D]
 *
 * For a mask, each cell has two normals. Their squared norm r² satisfies P(r² > t) = e^(-t/2), which is exact for any
 * probability and needs no uniform draw.
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

/** @throws TypeError or RangeError naming the invalid field under `field` */
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

/** The corrupted x `[B, D]`; x itself if the program has no noise. */
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
  // `clampGrad` passes its second operand where the first is between the bounds: here the cells that are kept.
  return g.clampGrad(squaredNorm, x, { low: -1, high: -2 * portableLog(corruption.probability) });
}
