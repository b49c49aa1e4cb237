/** The kernels that stretch their operands: their formulas in float64, and the allowed error in float32. */
import { ACTIVATIONS } from "../../src/ops/names.ts";

export interface Formula {
  readonly kernel: string;
  /** The arguments after the operands. */
  readonly args?: readonly number[];
  /** The range of each operand; there are as many as the kernel has operands. */
  readonly ranges: readonly (readonly [low: number, high: number])[];
  readonly value: (...operands: number[]) => number;
  /** The exact result, rounded once; otherwise |error| <= roundings · 2^-24 · size. */
  readonly exact?: true;
  readonly roundings?: number;
  /** Sum of the absolute values of the terms; by default the absolute value of the result, if nothing cancels. */
  readonly size?: (...operands: number[]) => number;
}

const ANY = [-3, 3] as const, LOG_VAR = [-6, 6] as const, UNIT = [0, 1] as const;
const kind = (name: typeof ACTIVATIONS[number]) => [ACTIVATIONS.indexOf(name)];
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const LN_2PI = Math.log(2 * Math.PI);

/** Stirling's series for w >= 9, with terms up to w^-9: the next is below 3e-15. */
function lnGamma(w: number): number {
  const r = 1 / (w * w), tail = 1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)));
  return (w - 0.5) * Math.log(w) - w + 0.5 * LN_2PI + tail / w;
}

/** Its derivative. */
function digamma(w: number): number {
  const r = 1 / (w * w);
  return Math.log(w) - 1 / (2 * w) - r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r / 240)));
}

// Roundings: one for each operation, and two (one ulp) for each ulp that a vector function promises.
export const FORMULAS: readonly Formula[] = [
  { kernel: "add", ranges: [ANY, ANY], value: (a, b) => a + b, exact: true },
  { kernel: "sub", ranges: [ANY, ANY], value: (a, b) => a - b, exact: true },
  { kernel: "mul", ranges: [ANY, ANY], value: (a, b) => a * b, exact: true },
  { kernel: "div", ranges: [ANY, [0.1, 3]], value: (a, b) => a / b, exact: true },
  {
    kernel: "clampGrad",
    args: [-1, 2],
    ranges: [ANY, ANY],
    value: (x, dy) => x > -1 && x < 2 ? dy : 0,
    exact: true,
  },
  {
    kernel: "activationGrad",
    args: kind("identity"),
    ranges: [ANY, ANY],
    value: (_, dy) => dy,
    exact: true,
  },
  {
    kernel: "activationGrad",
    args: kind("relu"),
    ranges: [ANY, ANY],
    value: (y, dy) => y > 0 ? dy : 0,
    exact: true,
  },
  {
    kernel: "activationGrad",
    args: kind("tanh"),
    ranges: [[-1, 1], ANY],
    value: (y, dy) => dy * (1 - y * y),
    roundings: 4,
  },
  {
    kernel: "activationGrad",
    args: kind("sigmoid"),
    ranges: [UNIT, ANY],
    value: (y, dy) => dy * y * (1 - y),
    roundings: 3,
  },
  {
    kernel: "activationGrad",
    args: kind("softplus"),
    ranges: [[0, 30], ANY],
    value: (y, dy) => -dy * Math.expm1(-y),
    roundings: 1 + 2 * 3,
  },
  {
    kernel: "activationGrad",
    args: kind("elu"),
    ranges: [[-1, 3], ANY],
    value: (y, dy) => y > 0 ? dy : dy * (y + 1),
    roundings: 2,
  },
  {
    kernel: "reparameterize",
    ranges: [ANY, LOG_VAR, ANY],
    value: (mean, logVar, noise) => mean + Math.exp(logVar / 2) * noise,
    size: (mean, logVar, noise) => Math.abs(mean) + Math.exp(logVar / 2) * Math.abs(noise),
    roundings: 2 + 2 * 1.5,
  },
  {
    kernel: "gaussianKl",
    ranges: [ANY, LOG_VAR],
    value: (mean, logVar) => 0.5 * (mean * mean + (Math.expm1(logVar) - logVar)),
    roundings: 3 + 2 * 4,
  },
  {
    kernel: "gaussianLogProb",
    ranges: [ANY, ANY, LOG_VAR],
    value: (x, mean, l) => -0.5 * (LN_2PI + l + (x - mean) ** 2 * Math.exp(-l)),
    size: (x, mean, l) => 0.5 * (LN_2PI + Math.abs(l) + (x - mean) ** 2 * Math.exp(-l)),
    roundings: 6 + 2 * 1.5,
  },
  {
    kernel: "gaussianLogProbGradMean",
    ranges: [ANY, ANY, LOG_VAR, ANY],
    value: (x, mean, l, dy) => dy * (x - mean) * Math.exp(-l),
    roundings: 3 + 2 * 1.5,
  },
  {
    kernel: "gaussianLogProbGradLogVar",
    ranges: [ANY, ANY, LOG_VAR, ANY],
    value: (x, mean, l, dy) => dy * 0.5 * ((x - mean) ** 2 * Math.exp(-l) - 1),
    size: (x, mean, l, dy) => Math.abs(dy) * 0.5 * ((x - mean) ** 2 * Math.exp(-l) + 1),
    roundings: 6 + 2 * 1.5,
  },
  {
    kernel: "bernoulliLogProb",
    ranges: [UNIT, [-20, 20]],
    value: (x, l) => x * l - softplus(l),
    size: (x, l) => Math.abs(x * l) + softplus(l),
    roundings: 2 + 2 * 3,
  },
  {
    kernel: "bernoulliLogProbGrad",
    ranges: [UNIT, [-20, 20], ANY],
    value: (x, l, dy) => dy * (x - sigmoid(l)),
    size: (x, l, dy) => Math.abs(dy) * (x + sigmoid(l)),
    roundings: 2 + 2 * 3,
  },
  {
    kernel: "logGammaRatio",
    ranges: [[9, 40], [0, 20]],
    value: (a, d) => lnGamma(a + d) - lnGamma(a) - d * Math.log(a),
    size: (a, d) => d + d * Math.log1p(d / a) + 1,
    roundings: 12,
  },
  {
    kernel: "logGammaRatioSlope",
    ranges: [[9, 40], [0, 20]],
    value: (a, d) => digamma(a + d) - digamma(a) - d / a,
    size: (a, d) => (d + 1) / a,
    roundings: 12,
  },
];

/** `gaussianKl`, or `activationGrad 2` for a kernel with its attributes. */
export function title({ kernel, args = [] }: Formula): string {
  return [kernel, ...args].join(" ");
}
