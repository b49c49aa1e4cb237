/**
 * How threads may cut each operation's output into tiles (`assembly/split.ts`), and the cost per element. Sums are
 * never cut, so results do not depend on the number of threads.
 *
 * A cut by rows is correct if each output row depends only on the same row, or the same group of rows, of every operand
 * with more than one row. Operations of no listed kind, or too small to matter, run on one thread.
 *
 * Costs are picoseconds on one core of an AMD Zen 5 VM in the `relaxed` build, rounded: per element of the output or of
 * the first operand, whichever is larger, and for a product per term of each sum. They only decide whether threads are
 * worth using, so a factor of two either way does no harm.
 */
import type { Instruction, Place, Plan } from "../../graph/plan.ts";
import type { OpName } from "../../ops/names.ts";
import { CUTS } from "./abi.ts";

type Split = readonly [cut: typeof CUTS[number], picoseconds: number];

const NOT_CUT: Split = ["none", 0];

const SPLITS: { readonly [N in OpName]: Split } = {
  dense: ["product", 40],
  matmul: ["product", 40],
  activation: ["rows", 1000],
  activationGrad: ["rows", 500],
  exp: ["rows", 1200],
  log: ["rows", 1500],
  add: ["rows", 400],
  sub: ["rows", 400],
  mul: ["rows", 400],
  div: ["rows", 400],
  affine: ["rows", 400],
  clamp: ["rows", 400],
  clampGrad: ["rows", 500],
  sumRows: ["columns", 100],
  sumCols: ["rows", 100],
  broadcast: ["rows", 300],
  repeatRows: ["rows", 300],
  sumGroups: ["rows", 200],
  reshape: NOT_CUT,
  stopGradient: NOT_CUT,
  sliceCols: ["rows", 300],
  padCols: ["rows", 300],
  concatCols: ["rows", 300],
  logSumExpCols: ["rows", 1500],
  softmaxCols: ["rows", 2000],
  reparameterize: ["rows", 1600],
  gaussianKl: ["rows", 2200],
  gaussianLogProb: ["rows", 1600],
  gaussianLogProbGradMean: ["rows", 1600],
  gaussianLogProbGradLogVar: ["rows", 1600],
  bernoulliLogProb: ["rows", 2600],
  bernoulliLogProbGrad: ["rows", 1400],
  randomNormal: ["rows", 5000],
  squaredNorm: NOT_CUT,
  clipScale: NOT_CUT,
  adamStep: ["rows", 800],
  sgdStep: ["rows", 600],
  randomUniform: ["rows", 1000],
  lessThan: ["rows", 400],
  log1p: ["rows", 1800],
  logGammaRatio: ["rows", 5000],
  logGammaRatioSlope: ["rows", 5000],
  continuousBernoulliLogNorm: ["rows", 3000],
  continuousBernoulliLogNormSlope: ["rows", 3000],
  smallestCols: ["rows", 400],
};

/** SPLIT_WORD of `runChunks`, which has its cost as an attribute. */
export const CHUNKS_SPLIT = CUTS.indexOf("chunks");

/** The cost of a plan per batch row, in picoseconds. */
export function picosecondsOfRow({ instructions }: Plan): number {
  return instructions.reduce((sum, { op, inputs, output }) => {
    const [cut, picoseconds] = SPLITS[op], [first] = inputs;
    const terms = cut === "product" ? first.shape.cols : 1;
    return sum + picoseconds * terms * Math.max(perRow(output), terms === 1 ? perRow(first) : 0);
  }, 0);
}

/** Elements per batch row. */
function perRow({ shape: { rows, cols, batched } }: Place): number {
  return batched ? rows * cols : 0;
}

/** The SPLIT_WORD of a record. */
export function splitWord({ op, attrs }: Instruction): number {
  // The mean of a broadcast divides by all rows, a number that a tile does not know.
  const [cut, picoseconds] = op === "broadcast" && attrs.mean === true ? NOT_CUT : SPLITS[op];
  return CUTS.indexOf(cut) | (picoseconds << 8);
}

/** The SPLIT_WORD of a search in a product, in tiles of rows. */
export function searchSplit({ output }: Instruction, { inputs: [x, weight] }: Instruction): number {
  const terms = x.shape.cols, [, termCost] = SPLITS.dense, [, searchCost] = SPLITS.smallestCols;
  const row = (termCost * terms + searchCost) * weight.shape.cols;
  return CUTS.indexOf("rows") | (Math.round(row / Math.max(terms, output.shape.cols)) << 8);
}
