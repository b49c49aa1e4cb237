/** Moved columns and views: no arithmetic, so every bit must arrive. */
import { batched, fixed } from "../../../src/core/shape.ts";
import { type CaseGenerator, EXACT } from "../case.ts";
import { FEW_MATRICES, SMALL, WIDE } from "../shapes.ts";
import { operand, REAL } from "../values.ts";

export const reshape: CaseGenerator<"reshape"> = () =>
  [
    [fixed(3, 4), fixed(4, 3)],
    [fixed(1, 9), fixed(9, 1)],
    [batched(5, 4), batched(20)],
    [batched(1, 3), batched(3)],
  ].flatMap(([from, to]) => [[from, to], [to, from]]).map(([from, to], seed) => ({
    operands: [operand(from, REAL, seed)],
    attrs: { ...to },
    tolerances: [EXACT],
  }));

export const stopGradient: CaseGenerator<"stopGradient"> = () =>
  FEW_MATRICES.map((shape, seed) => ({
    operands: [operand(shape, REAL, seed)],
    attrs: {},
    tolerances: [EXACT],
  }));

export const sliceCols: CaseGenerator<"sliceCols"> = () =>
  FEW_MATRICES.flatMap((shape, seed) => {
    const starts = new Set([0, 1, 4, shape.cols - 1].filter((start) => start < shape.cols));
    return [...starts].flatMap((start) =>
      [...new Set([1, Math.ceil((shape.cols - start) / 2), shape.cols - start])].map((count) => ({
        operands: [operand(shape, REAL, seed)],
        attrs: { start, count },
        tolerances: [EXACT],
      }))
    );
  });

export const padCols: CaseGenerator<"padCols"> = () =>
  FEW_MATRICES.flatMap((shape, seed) =>
    [[0, 0], [1, 0], [0, 3], [4, 5], [33, 1]].map(([before, after]) => ({
      operands: [operand(shape, REAL, seed)],
      attrs: { before, after },
      tolerances: [EXACT],
    }))
  );

export const concatCols: CaseGenerator<"concatCols"> = () =>
  FEW_MATRICES.flatMap((shape, seed) =>
    [...SMALL, ...WIDE].map((cols) => ({
      operands: [operand(shape, REAL, seed), operand({ ...shape, cols }, REAL, seed + 1)],
      attrs: {},
      tolerances: [EXACT],
    }))
  );
