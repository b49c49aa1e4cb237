/**
 * The closed catalogue of operations: their names, operands and attributes, and nothing else.
 *
 * The order is the opcode (`assembly/opcodes.gen.ts` is written from it), so append at the end. A
 * name added here does not compile until it has a spec (`catalogue.ts`), a kernel in every backend
 * and a conformance case. The formulas are on the specs.
 */
import type { Node } from "./spec.ts";

/** Every operation, in opcode order. */
export const OP_NAMES = [
  "dense",
  "matmul",
  "activation",
  "activationGrad",
  "exp",
  "log",
  "add",
  "sub",
  "mul",
  "div",
  "affine",
  "clamp",
  "clampGrad",
  "sumRows",
  "sumCols",
  "broadcast",
  "repeatRows",
  "sumGroups",
  "reshape",
  "stopGradient",
  "sliceCols",
  "padCols",
  "concatCols",
  "logSumExpCols",
  "softmaxCols",
  "reparameterize",
  "gaussianKl",
  "gaussianLogProb",
  "gaussianLogProbGradMean",
  "gaussianLogProbGradLogVar",
  "bernoulliLogProb",
  "bernoulliLogProbGrad",
  "randomNormal",
  "squaredNorm",
  "clipScale",
  "adamStep",
  "sgdStep",
] as const;

export type OpName = typeof OP_NAMES[number];

/** Activations whose derivative is a function of their output (see `ops/activation.ts`). */
export const ACTIVATIONS = ["identity", "relu", "tanh", "sigmoid", "softplus", "elu"] as const;
export type Activation = typeof ACTIVATIONS[number];

/** No attributes. */
export type None = Record<never, never>;

/** Operands and attributes of each operation. */
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
}

export type OpInputs<N extends OpName> = OpTypes[N]["inputs"];
export type OpAttrs<N extends OpName> = OpTypes[N]["attrs"];
