/** Operands and attributes of every operation, by name. Types of calls and kernels derive from them. */
import type { Activation, OpName } from "./names.ts";
import type { Node } from "./node.ts";

/** No attributes. */
export type None = Record<never, never>;

/** What each operation takes. */
export interface OpTypes {
  dense: { inputs: [x: Node, weight: Node, bias: Node]; attrs: { activation: Activation } };
  matmul: { inputs: [a: Node, b: Node]; attrs: { transposeA: boolean; transposeB: boolean } };
  activation: { inputs: [x: Node]; attrs: { kind: Activation } };
  activationGrad: { inputs: [y: Node, dy: Node]; attrs: { kind: Activation } };
  exp: { inputs: [x: Node]; attrs: None };
  log: { inputs: [x: Node]; attrs: None };
  add: { inputs: [a: Node, b: Node]; attrs: None };
  sub: { inputs: [a: Node, b: Node]; attrs: None };
  mul: { inputs: [a: Node, b: Node]; attrs: None };
  div: { inputs: [a: Node, b: Node]; attrs: None };
  affine: { inputs: [x: Node]; attrs: { scale: number; offset: number } };
  clamp: { inputs: [x: Node]; attrs: { low: number; high: number } };
  clampGrad: { inputs: [x: Node, dy: Node]; attrs: { low: number; high: number } };
  sumRows: { inputs: [x: Node]; attrs: { mean: boolean } };
  sumCols: { inputs: [x: Node]; attrs: None };
  broadcast: {
    inputs: [x: Node];
    attrs: { rows: number; cols: number; batched: boolean; mean: boolean };
  };
  repeatRows: { inputs: [x: Node]; attrs: { times: number } };
  sumGroups: { inputs: [x: Node]; attrs: { size: number } };
  reshape: { inputs: [x: Node]; attrs: { rows: number; cols: number; batched: boolean } };
  stopGradient: { inputs: [x: Node]; attrs: None };
  sliceCols: { inputs: [x: Node]; attrs: { start: number; count: number } };
  padCols: { inputs: [x: Node]; attrs: { before: number; after: number } };
  concatCols: { inputs: [a: Node, b: Node]; attrs: None };
  logSumExpCols: { inputs: [x: Node]; attrs: None };
  softmaxCols: { inputs: [x: Node]; attrs: None };
  reparameterize: { inputs: [mean: Node, logVar: Node, noise: Node]; attrs: None };
  gaussianKl: { inputs: [mean: Node, logVar: Node]; attrs: None };
  gaussianLogProb: { inputs: [x: Node, mean: Node, logVar: Node]; attrs: None };
  gaussianLogProbGradMean: { inputs: [x: Node, mean: Node, logVar: Node, dy: Node]; attrs: None };
  gaussianLogProbGradLogVar: { inputs: [x: Node, mean: Node, logVar: Node, dy: Node]; attrs: None };
  bernoulliLogProb: { inputs: [x: Node, logits: Node]; attrs: None };
  bernoulliLogProbGrad: { inputs: [x: Node, logits: Node, dy: Node]; attrs: None };
  randomNormal: {
    inputs: [key: Node];
    attrs: { rows: number; cols: number; batched: boolean; stream: number };
  };
  squaredNorm: { inputs: [x: Node]; attrs: None };
  clipScale: { inputs: [squaredNorm: Node]; attrs: { maxNorm: number } };
  adamStep: {
    inputs: [param: Node, grad: Node, m: Node, v: Node, scale: Node, schedule: Node];
    attrs: { beta1: number; beta2: number; epsilon: number; weightDecay: number };
  };
  sgdStep: {
    inputs: [param: Node, grad: Node, velocity: Node, scale: Node, schedule: Node];
    attrs: { momentum: number };
  };
  randomUniform: {
    inputs: [key: Node];
    attrs: { rows: number; cols: number; batched: boolean; stream: number };
  };
  lessThan: { inputs: [a: Node, b: Node]; attrs: None };
  log1p: { inputs: [x: Node]; attrs: None };
  logGammaRatio: { inputs: [a: Node, d: Node]; attrs: None };
  logGammaRatioSlope: { inputs: [a: Node, d: Node]; attrs: None };
  continuousBernoulliLogNorm: { inputs: [logits: Node]; attrs: None };
  continuousBernoulliLogNormSlope: { inputs: [logits: Node]; attrs: None };
  smallestCols: { inputs: [x: Node]; attrs: { count: number } };
}

export type OpInputs<N extends OpName> = OpTypes[N]["inputs"];
export type OpAttrs<N extends OpName> = OpTypes[N]["attrs"];
