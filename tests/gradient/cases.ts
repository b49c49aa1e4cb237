/**
 * Operands and attributes for testing the derivative of every operation. Values stay away from kinks, so that a step of
 * the difference quotient never crosses one.
 */
import { batched, fixed, type Shape } from "../../src/core/shape.ts";
import { ACTIVATIONS, type OpName } from "../../src/ops/names.ts";
import type { OpAttrs } from "../../src/ops/signatures.ts";
import { broadcastForms } from "../conformance/shapes.ts";

/** A union of intervals. */
export type Range = readonly (readonly [low: number, high: number])[];

export interface GradientCase<N extends OpName = OpName> {
  readonly shapes: readonly Shape[];
  readonly ranges: readonly Range[];
  readonly attrs: OpAttrs<N>;
  /** Which operands have a derivative; all by default. */
  readonly wrt?: readonly number[];
}

const REAL: Range = [[-2, 2]];
const UNIT: Range = [[0.05, 0.95]];
const NONZERO: Range = [[-2, -0.5], [0.5, 2]];
const POSITIVE: Range = [[0.3, 3]];
/** Both sides of -1 and 1, and of 0. */
const SIDES: Range = [[-3, -1.1], [-0.9, -0.1], [0.1, 0.9], [1.1, 3]];

const FULL: readonly Shape[] = [fixed(2, 3), batched(3), batched(2, 2)];
const MATRICES: readonly Shape[] = [...FULL, fixed(1, 1), fixed(3, 1), batched(1), batched(5, 3)];

/** One case for every shape, or for every broadcast if there are several operands. */
function over<N extends OpName>(
  attrs: OpAttrs<N>,
  ranges: readonly Range[],
  wrt?: readonly number[],
): GradientCase<N>[] {
  const shapes = ranges.length === 1
    ? MATRICES.map((shape) => [shape])
    : FULL.flatMap((full) => broadcastForms(full, ranges.length));
  return shapes.map((each) => ({ shapes: each, ranges, attrs, wrt }));
}

const transposes = [false, true].flatMap((transposeA) =>
  [false, true].map((transposeB) => ({ transposeA, transposeB }))
);

const matmul = [
  ...transposes.map((attrs) => ({
    shapes: [
      attrs.transposeA ? fixed(4, 2) : fixed(2, 4),
      attrs.transposeB ? fixed(3, 4) : fixed(4, 3),
    ],
    ranges: [REAL, REAL],
    attrs,
  })),
  ...[false, true].map((transposeB) => ({
    shapes: [batched(4, 2), transposeB ? fixed(3, 4) : fixed(4, 3)],
    ranges: [REAL, REAL],
    attrs: { transposeA: false, transposeB },
  })),
  {
    shapes: [batched(4, 2), batched(3, 2)],
    ranges: [REAL, REAL],
    attrs: { transposeA: true, transposeB: false },
  },
];

const stretches = FULL.flatMap((full) =>
  [false, true].flatMap((mean) =>
    broadcastForms(full, 1).map((shapes) => ({ shapes, ranges: [REAL], attrs: { ...full, mean } }))
  )
);

/** Cases, or none for an operation whose spec says why it has no derivative. */
export const GRADIENT_CASES: {
  readonly [N in OpName]: readonly GradientCase<N>[] | undefined;
} = {
  dense: ACTIVATIONS.flatMap((activation) =>
    [fixed(2, 3), batched(3), batched(3, 2)].map((x) => ({
      shapes: [x, fixed(3, 4), fixed(1, 4)],
      // Positive operands keep the argument of relu and elu away from 0.
      ranges: activation === "relu" || activation === "elu"
        ? [UNIT, UNIT, UNIT]
        : [REAL, REAL, REAL],
      attrs: { activation },
    }))
  ),
  matmul,
  activation: ACTIVATIONS.flatMap((kind) => over<"activation">({ kind }, [SIDES])),
  activationGrad: undefined,
  exp: over({}, [REAL]),
  log: over({}, [POSITIVE]),
  add: over({}, [REAL, REAL]),
  sub: over({}, [REAL, REAL]),
  mul: over({}, [REAL, REAL]),
  div: over({}, [REAL, NONZERO]),
  affine: [-1, 0, 2.5].flatMap((scale) => over<"affine">({ scale, offset: 0.7 }, [REAL])),
  clamp: over({ low: -1, high: 1 }, [SIDES]),
  clampGrad: over({ low: -1, high: 1 }, [SIDES, REAL], [1]),
  sumRows: [false, true].flatMap((mean) => over<"sumRows">({ mean }, [REAL])),
  sumCols: over({}, [REAL]),
  broadcast: stretches,
  repeatRows: [1, 3].flatMap((times) => over<"repeatRows">({ times }, [REAL])),
  sumGroups: [fixed(6, 2), batched(2, 3), batched(1, 6)].flatMap((shape) =>
    [1, 3].map((size) => ({ shapes: [shape], ranges: [REAL], attrs: { size } }))
  ),
  reshape: [
    { shapes: [fixed(2, 6)], ranges: [REAL], attrs: fixed(3, 4) },
    { shapes: [batched(1, 3)], ranges: [REAL], attrs: batched(3) },
    { shapes: [batched(6)], ranges: [REAL], attrs: batched(2, 3) },
  ].map(({ attrs, ...rest }) => ({ ...rest, attrs: { ...attrs } })),
  // Blocks every derivative: tested in properties_test.ts.
  stopGradient: [],
  sliceCols: [[0, 1], [1, 2], [0, 4], [3, 1]].flatMap(([start, count]) =>
    [fixed(2, 4), batched(4)].map((shape) => ({
      shapes: [shape],
      ranges: [REAL],
      attrs: { start, count },
    }))
  ),
  padCols: [[0, 0], [1, 0], [0, 2], [2, 3]].flatMap(([before, after]) =>
    over<"padCols">({ before, after }, [REAL])
  ),
  concatCols: [fixed(2, 3), batched(3), batched(1, 2)].map((shape) => ({
    shapes: [shape, { ...shape, cols: 2 }],
    ranges: [REAL, REAL],
    attrs: {},
  })),
  logSumExpCols: over({}, [REAL]),
  softmaxCols: over({}, [REAL]),
  reparameterize: over({}, [REAL, REAL, REAL]),
  gaussianKl: over({}, [REAL, REAL]),
  gaussianLogProb: over({}, [REAL, REAL, REAL]),
  gaussianLogProbGradMean: undefined,
  gaussianLogProbGradLogVar: undefined,
  bernoulliLogProb: over({}, [UNIT, REAL]),
  bernoulliLogProbGrad: undefined,
  randomNormal: undefined,
  squaredNorm: over({}, [REAL]),
  clipScale: undefined,
  adamStep: undefined,
  sgdStep: undefined,
  randomUniform: undefined,
  // Zero almost everywhere: tested in properties_test.ts.
  lessThan: [],
  log1p: over({}, [[[-0.8, 3]]]),
  // Both sides of a = 8. There is no derivative by the second operand, which is data.
  logGammaRatio: over({}, [[[0.3, 3], [6, 12]], [[0.5, 9]]], [0]),
  logGammaRatioSlope: undefined,
  continuousBernoulliLogNorm: over({}, [SIDES]),
  continuousBernoulliLogNormSlope: undefined,
  // Zero almost everywhere: tested in properties_test.ts.
  smallestCols: [],
};
