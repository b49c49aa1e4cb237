/**
 * Every operation of the catalogue in primitives, once for all formats. The formulas are those of `ops/`, in a form
 * that is finite for finite float32 operands:
 *
 *   softplus max(x, 0) + ln(1 + e^-|x|)      logSumExp m + ln Σ eˣ⁻ᵐ
 *   logGammaRatio see `log_gamma.ts`         continuous Bernoulli ln(t / tanh(t/2)), t = max(|l|, 10⁻³)
 *
 * Refused, with the reason: drawn noise (an exported graph takes its noise as an input), and operations that only
 * training runs.
 */
import { LN_2PI } from "../../core/stable.ts";
import type { OpAttrs } from "../../ops/signatures.ts";
import type { Activation, OpName } from "../../ops/names.ts";
import type { Shape } from "../../core/shape.ts";
import type { Emitter } from "./emitter.ts";
import { logGammaRatio } from "./log_gamma.ts";
import type { Value } from "./primitives.ts";

/** A node's inputs, attributes and shape. */
export interface Call<N extends OpName> {
  readonly inputs: readonly Value[];
  readonly attrs: OpAttrs<N>;
  readonly shape: Shape;
  /** A column of ones with one row per row of the batch. */
  readonly ones: () => Value;
}

type Lower<N extends OpName> = (e: Emitter, call: Call<N>) => Value;

/** Why an operation cannot be exported. */
interface Refusal {
  readonly refused: string;
}

const TRAINING: Refusal = { refused: "only training runs it" };
const NEAREST_SEARCH: Refusal = { refused: "no exported graph looks for the smallest" };
const DRAWN_NOISE: Refusal = { refused: "an exported graph is given its noise" };

/** One entry per operation: an operation without one does not compile. */
export const LOWERINGS: { readonly [N in OpName]: Lower<N> | Refusal } = {
  dense: (e, { inputs: [x, weight, bias], attrs }) =>
    activate(e, e.gemm(x, weight, bias), attrs.activation),
  matmul: (e, { inputs: [a, b], attrs }) => e.matmul(a, b, [attrs.transposeA, attrs.transposeB]),
  activation: (e, { inputs: [x], attrs }) => activate(e, x, attrs.kind),
  exp: (e, { inputs: [x] }) => e.exp(x),
  log: (e, { inputs: [x] }) => e.log(x),
  log1p: (e, { inputs: [x] }) => e.log1p(x),
  add: (e, { inputs: [a, b] }) => e.add(a, b),
  sub: (e, { inputs: [a, b] }) => e.sub(a, b),
  mul: (e, { inputs: [a, b] }) => e.mul(a, b),
  div: (e, { inputs: [a, b] }) => e.div(a, b),
  affine: (e, { inputs: [x], attrs }) => e.affine(x, attrs.scale, attrs.offset),
  clamp: (e, { inputs: [x], attrs }) => e.min(e.max(x, e.number(attrs.low)), e.number(attrs.high)),
  lessThan: (e, { inputs: [a, b] }) => e.binary("less", a, b),
  sumRows: (e, { inputs: [x], attrs }) => attrs.mean ? refuseMean() : e.reduce("sumRows", x),
  sumCols: (e, { inputs: [x] }) => e.reduce("sumCols", x),
  broadcast: (e, { inputs: [x], attrs, shape, ones }) =>
    attrs.mean ? refuseMean() : stretch(e, x, shape, ones),
  repeatRows: (e, { inputs: [x], attrs: { times } }) =>
    e.reshape(e.concat(Array<Value>(times).fill(x)), { ...x.shape, rows: x.shape.rows * times }),
  sumGroups: (e, { inputs: [x], attrs: { size } }) => sumGroups(e, x, size),
  reshape: (e, { inputs: [x], shape }) => e.reshape(x, shape),
  stopGradient: (_, { inputs: [x] }) => x,
  sliceCols: (e, { inputs: [x], attrs: { start, count } }) => e.slice(x, start, count),
  padCols: (e, { inputs: [x], attrs: { before, after } }) => pad(e, x, before, after),
  concatCols: (e, { inputs }) => e.concat(inputs),
  logSumExpCols(e, { inputs: [x] }) {
    const max = e.reduce("maxCols", x);
    return e.add(max, e.log(e.reduce("sumCols", e.exp(e.sub(x, max)))));
  },
  softmaxCols(e, { inputs: [x] }) {
    if (e.has("softmax")) return e.unary("softmax", x);
    const powers = e.exp(e.sub(x, e.reduce("maxCols", x)));
    return e.div(powers, e.reduce("sumCols", powers));
  },
  reparameterize: (e, { inputs: [mean, logVar, noise] }) =>
    e.add(mean, e.mul(e.exp(e.affine(logVar, 0.5)), noise)),
  gaussianKl(e, { inputs: [mean, logVar] }) {
    const rest = e.sub(e.affine(e.exp(logVar), 1, -1), logVar);
    return e.affine(e.add(e.mul(mean, mean), rest), 0.5);
  },
  gaussianLogProb(e, { inputs: [x, mean, logVar] }) {
    const residual = e.sub(x, mean);
    const squares = e.mul(e.mul(residual, residual), e.exp(e.affine(logVar, -1)));
    return e.affine(e.add(squares, logVar), -0.5, -LN_2PI / 2);
  },
  bernoulliLogProb: (e, { inputs: [x, logits] }) =>
    e.sub(e.mul(x, logits), activate(e, logits, "softplus")),
  logGammaRatio: (e, { inputs: [a, d] }) => logGammaRatio(e, a, d),
  continuousBernoulliLogNorm(e, { inputs: [logits] }) {
    const t = e.max(e.abs(logits), e.number(1e-3));
    return e.log(e.div(t, e.unary("tanh", e.affine(t, 0.5))));
  },
  smallestCols: NEAREST_SEARCH,
  randomNormal: DRAWN_NOISE,
  randomUniform: DRAWN_NOISE,
  activationGrad: TRAINING,
  clampGrad: TRAINING,
  gaussianLogProbGradMean: TRAINING,
  gaussianLogProbGradLogVar: TRAINING,
  bernoulliLogProbGrad: TRAINING,
  squaredNorm: TRAINING,
  clipScale: TRAINING,
  adamStep: TRAINING,
  sgdStep: TRAINING,
  logGammaRatioSlope: TRAINING,
  continuousBernoulliLogNormSlope(e, { inputs: [logits] }) {
    // 1/l - 1/sinh l, odd; uses t = max(|l|, 10⁻²), and l/6 if that is larger than |l|.
    const t = e.min(e.max(e.abs(logits), e.number(1e-2)), e.number(80));
    const one = e.number(1), powers = e.exp(t);
    const sinh = e.affine(e.sub(powers, e.div(one, powers)), 0.5);
    const slope = e.sub(e.div(one, e.max(e.abs(logits), e.number(1e-2))), e.div(one, sinh));
    const sign = e.div(logits, e.max(e.abs(logits), e.number(1e-2)));
    return e.mul(sign, slope);
  },
};

function activate(e: Emitter, x: Value, kind: Activation): Value {
  switch (kind) {
    case "identity":
      return x;
    case "relu":
    case "tanh":
    case "sigmoid":
      return e.unary(kind, x);
    case "softplus":
      if (e.has("softplus")) return e.unary("softplus", x);
      return e.add(e.unary("relu", x), e.log1p(e.exp(e.affine(e.abs(x), -1))));
    case "elu":
      if (e.has("elu")) return e.unary("elu", x);
      return e.add(e.unary("relu", x), e.affine(e.exp(e.min(x, e.number(0))), 1, -1));
  }
}

/** x·P, where the matrix P moves the columns into place: zeros then need no shape of their own. */
function pad(e: Emitter, x: Value, before: number, after: number): Value {
  const { cols } = x.shape, width = before + cols + after;
  const name = `pad ${before} ${cols} ${after}`;
  return e.matmul(x, e.matrix(name, cols, width, (r, c) => Number(c === before + r)));
}

/** Products with ones: exact, and they give the result the batch's rows. */
function stretch(e: Emitter, x: Value, { rows, cols, batched }: Shape, ones: () => Value): Value {
  const wide = x.shape.cols === cols
    ? x
    : e.matmul(x, e.matrix(`ones 1 ${cols}`, 1, cols, () => 1));
  if (wide.shape.rows === rows && wide.shape.batched === batched) return wide;
  if (!batched) return e.matmul(e.matrix(`ones ${rows} 1`, rows, 1, () => 1), wide);
  const column = ones();
  const tall = rows === 1
    ? column
    : e.reshape(e.concat(Array<Value>(rows).fill(column)), { rows, cols: 1, batched });
  return e.matmul(tall, wide);
}

function sumGroups(e: Emitter, x: Value, size: number): Value {
  const { rows, cols, batched } = x.shape;
  const beside = e.reshape(x, { rows: rows / size, cols: size * cols, batched });
  const name = `groups ${size} ${cols}`;
  return e.matmul(beside, e.matrix(name, size * cols, cols, (r, c) => Number(r % cols === c)));
}

function refuseMean(): never {
  throw new RangeError("Cannot export: a mean over the rows of the batch cannot be exported");
}
