/**
 * How far a score can move if weights are rounded. The bound is derived layer by layer. For y = f(W h + b), with h off
 * by δ, weights off by ω = ε|W| + φ, biases, if they are rounded, off by ε|b| + φ, and slopes of at most one,
 *
 *   δ' = |W| δ + ω (|h| + δ) + ε|b| + φ
 *
 * and from the heads and the decoder's output to the score, exactly:
 *
 *   KL         |½ (μ + d)² - ½ μ²| ≤ |μ| δ + δ²/2;   ½ (eˡ - l) moves by at most ½ δ max |e^(l ± δ) - 1|
 *   Gaussian   ½ (x - m)² / σ² moves by at most (|x - m| δ + δ²/2) / σ²
 *   Bernoulli  softplus(l) - x·l moves by at most δ, for x in [0, 1]
 *
 * Magnitudes come from float64 loops written here. In addition both scores are float32: (k + 8) · 2^-24 is added to ε
 * in each layer, once for each score.
 */
import type { TrainedVae } from "../../mod.ts";
import { ACTIVATE } from "./activations.ts";

/** How weights are rounded: |ŵ - w| ≤ epsilon |w| + floor. */
export interface Rounding {
  readonly epsilon: number;
  readonly floor: number;
  /** Whether biases are rounded too. */
  readonly biases: boolean;
}

/** A vector, and how far each element may be off. */
interface Loose {
  readonly value: readonly number[];
  readonly off: readonly number[];
}

type Parameters = ReturnType<TrainedVae["parameters"]>;

function layer(
  parameters: Parameters,
  name: string,
  { value, off }: Loose,
  { epsilon, floor, biases }: Rounding,
  f: (x: number) => number = (x) => x,
): Loose {
  const { data: weight, shape: [inner, cols] } = parameters.get(`${name}.weight`)!;
  const bias = parameters.get(`${name}.bias`)!.data;
  const error = epsilon + 2 * (inner + 8) * 2 ** -24;
  const sums = Array.from({ length: cols }, (_, j) => {
    let sum = bias[j], bound = 2 * 8 * 2 ** -24 * Math.abs(bias[j]);
    if (biases) bound += epsilon * Math.abs(bias[j]) + floor;
    for (let k = 0; k < inner; k++) {
      const w = Math.abs(weight[k * cols + j]);
      sum += weight[k * cols + j] * value[k];
      bound += w * off[k] + (error * w + floor) * (Math.abs(value[k]) + off[k]);
    }
    return [sum, bound];
  });
  return { value: sums.map(([sum]) => f(sum)), off: sums.map(([, bound]) => bound) };
}

/** The score of a row in float64, and how far one with rounded weights may be from it. */
export function scoreAndBound(
  vae: TrainedVae,
  row: readonly number[],
  rounding: Rounding,
): [score: number, bound: number] {
  const parameters = vae.parameters(), { spec } = vae;
  const through = (name: "encoder" | "decoder", x: Loose) =>
    spec[name].hidden.reduce(
      (h, _, i) => layer(parameters, `${name}.${i}`, h, rounding, ACTIVATE[spec[name].activation]),
      x,
    );
  const hidden = through("encoder", { value: row, off: row.map(() => 0) });
  const mean = layer(parameters, "encoder.mean", hidden, rounding);
  const logVar = layer(parameters, "encoder.logVar", hidden, rounding);
  let score = 0, bound = 0;
  mean.value.forEach((m, i) => {
    const l = logVar.value[i], d = mean.off[i], e = logVar.off[i];
    score += (m * m + Math.exp(l) - 1 - l) / 2;
    bound += Math.abs(m) * d + d * d / 2;
    bound += e / 2 * Math.max(Math.abs(Math.exp(l + e) - 1), Math.abs(Math.exp(l - e) - 1));
  });
  const decoded = through("decoder", mean), bernoulli = spec.likelihood.type === "bernoulli";
  const output = layer(
    parameters,
    bernoulli ? "decoder.logits" : "decoder.mean",
    decoded,
    rounding,
  );
  row.forEach((x, c) => {
    const value = output.value[c], off = output.off[c];
    if (bernoulli) {
      score += ACTIVATE.softplus(value) - x * value;
      bound += off;
    } else {
      score += (Math.log(2 * Math.PI) + (x - value) ** 2) / 2;
      bound += Math.abs(x - value) * off + off * off / 2;
    }
  });
  return [score, bound];
}
