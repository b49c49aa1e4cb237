/**
 * The closed catalogue of operations, by name.
 *
 * The position of a name is its opcode (`assembly/opcodes.gen.ts` is generated from this list), so append at the end. A
 * new name does not compile until it has a spec (`catalogue.ts`), a kernel in every backend and a conformance case.
 * Operands and attributes are in `signatures.ts`, formulas in the specs.
 */
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
  "randomUniform",
  "lessThan",
  "log1p",
  "logGammaRatio",
  "logGammaRatioSlope",
  "continuousBernoulliLogNorm",
  "continuousBernoulliLogNormSlope",
  "smallestCols",
] as const;

/** The name of an operation. */
export type OpName = typeof OP_NAMES[number];

/** Operations that only training runs: derivatives and the optimiser. The scoring build has no kernels for them. */
export const TRAINING_OPS = [
  "activationGrad",
  "clampGrad",
  "gaussianLogProbGradMean",
  "gaussianLogProbGradLogVar",
  "bernoulliLogProbGrad",
  "squaredNorm",
  "clipScale",
  "adamStep",
  "sgdStep",
  "logGammaRatioSlope",
] as const satisfies readonly OpName[];

/** An operation that scoring runs too. */
export type ForwardOp = Exclude<OpName, typeof TRAINING_OPS[number]>;

/** Whether only training runs it. */
export function isTrainingOp(op: OpName): boolean {
  return (TRAINING_OPS as readonly OpName[]).includes(op);
}

/** Activations whose derivative is a function of their output (see `ops/elementwise.ts`). */
export const ACTIVATIONS = ["identity", "relu", "tanh", "sigmoid", "softplus", "elu"] as const;
/** The name of an activation. */
export type Activation = typeof ACTIVATIONS[number];
