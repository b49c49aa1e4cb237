/**
 * Sums, their adjoints, softmax and log-sum-exp.
 *
 * softmax: the exponent x - m is rounded once, an absolute error of |x - m|·2^-24, which is relative after exp; exp and
 * the division add a few ULP, the sum of k terms about 2k roundings. log-sum-exp: ln turns the relative error of the
 * sum into an absolute one.
 */
import { batched, fixed, type Shape } from "../../../src/core/shape.ts";
import {
  type CaseGenerator,
  each,
  type Element,
  EXACT,
  type Matrix,
  reduction,
  type Tolerance,
  U,
  ulps,
} from "../case.ts";
import { FEW_MATRICES, MATRICES, SMALL, WIDE } from "../shapes.ts";
import { type Domain, MODERATE, of, operand, REAL } from "../values.ts";

/** Long columns and rows: more terms than one vector holds. */
const LONG: readonly Shape[] = [
  ...WIDE.map((rows) => fixed(rows, 3)),
  ...WIDE.map((cols) => batched(cols, 7)),
  fixed(65, 65),
];
const SUMMED = [...MATRICES, ...LONG];

export const sumRows: CaseGenerator<"sumRows"> = () =>
  [false, true].flatMap((mean) =>
    SUMMED.map((shape, seed) => ({
      operands: [operand(shape, MODERATE, seed)],
      attrs: { mean },
      tolerances: [
        reduction(({ col, operands: [x] }) =>
          each(x.rows, (row) => x.at(row, col) / (mean ? x.rows : 1))
        ),
      ],
    }))
  );

export const sumCols: CaseGenerator<"sumCols"> = () =>
  SUMMED.map((shape, seed) => ({
    operands: [operand(shape, MODERATE, seed)],
    attrs: {},
    tolerances: [
      reduction(({ row, operands: [x] }) => each(x.cols, (col) => x.at(row, col))),
    ],
  }));

export const broadcast: CaseGenerator<"broadcast"> = () =>
  [false, true].flatMap((mean) =>
    MATRICES.flatMap((full, seed) =>
      [fixed(1, 1), fixed(1, full.cols), { ...full, cols: 1 }, full].map((shape) => ({
        operands: [operand(shape, REAL, seed)],
        attrs: { ...full, mean },
        // A mean may multiply by the rounded reciprocal.
        tolerances: [mean ? ulps(1.5) : EXACT],
      }))
    )
  );

export const repeatRows: CaseGenerator<"repeatRows"> = () =>
  [1, 2, 5].flatMap((times) =>
    FEW_MATRICES.map((shape, seed) => ({
      operands: [operand(shape, REAL, seed)],
      attrs: { times },
      tolerances: [EXACT],
    }))
  );

export const sumGroups: CaseGenerator<"sumGroups"> = () =>
  [1, 2, 3, 50].flatMap((size) =>
    FEW_MATRICES.map((shape, seed) => ({
      operands: [operand({ ...shape, rows: shape.rows * size }, MODERATE, seed)],
      attrs: { size },
      tolerances: [
        reduction(({ row, col, operands: [x], attrs }) =>
          groupOf(x, col, row, attrs.size as number)
        ),
      ],
    }))
  );

/** The terms that a group sums in a column. */
const groupOf = (x: Matrix, col: number, group: number, size: number) =>
  each(size, (i) => x.at(group * size + i, col));

const LOGITS: Domain = { low: -5, high: 5, special: [0, 100, -100, 1e-6, 88, -104] };

export const softmaxCols: CaseGenerator<"softmaxCols"> = () =>
  SUMMED.map((shape, seed) => ({
    operands: [operand(shape, LOGITS, seed)],
    attrs: {},
    tolerances: [softmaxTolerance],
  }));

const softmaxTolerance: Tolerance = ({ want, row, col, operands: [x] }: Element) => {
  const largest = Math.max(...each(x.cols, (k) => x.at(row, k)));
  const relative = 2 * (largest - x.at(row, col)) + 2 * x.cols + 16;
  return relative * U * want + 2 ** -126;
};

const logSumExpTolerance: Tolerance = ({ want, operands: [x] }: Element) =>
  Number.isFinite(want) ? (2 * Math.abs(want) + 2 * x.cols + 16) * U : 0;

export const logSumExpCols: CaseGenerator<"logSumExpCols"> = () => [
  ...SUMMED.map((shape, seed) => ({
    operands: [operand(shape, LOGITS, seed)],
    attrs: {},
    tolerances: [logSumExpTolerance],
  })),
  ...[...SMALL, ...WIDE].map((cols) => ({
    // A row of -Infinity, a row with one finite value, and rows far from zero.
    operands: [of(fixed(4, cols), [
      ...each(cols, () => -Infinity),
      ...each(cols, (i) => i === cols - 1 ? 1.5 : -Infinity),
      ...each(cols, (i) => 1e4 + i),
      ...each(cols, (i) => -1e30 * (i + 1)),
    ])],
    attrs: {},
    tolerances: [logSumExpTolerance],
  })),
];

export const squaredNorm: CaseGenerator<"squaredNorm"> = () =>
  SUMMED.map((shape, seed) => ({
    operands: [operand(shape, MODERATE, seed)],
    attrs: {},
    tolerances: [
      reduction(({ operands: [x] }) =>
        each(x.rows * x.cols, (i) => x.at(Math.floor(i / x.cols), i % x.cols) ** 2)
      ),
    ],
  }));

/** Many equal values, zeros of both signs, infinities, NaN. */
const TIED: Domain = { low: -2, high: 2, special: [0, -0, 1, -1, Infinity, -Infinity, NaN] };

/** Wide enough that groups have more minima than are requested, with a remainder; and narrower. */
const SOUGHT: readonly Shape[] = [
  ...MATRICES,
  ...[127, 128, 200, 700, 1024].map((cols) => batched(cols)),
  fixed(2, 1001),
];

export const smallestCols: CaseGenerator<"smallestCols"> = () =>
  SOUGHT.flatMap((shape, seed) =>
    // Not all of a wide row, because loops of software adapters are limited; `tests/wasm` covers it.
    [1, 3, 11, Math.min(20, shape.cols)].filter((count) => count <= shape.cols).map((count) => ({
      operands: [operand(shape, TIED, seed)],
      attrs: { count },
      tolerances: [EXACT],
    }))
  );
