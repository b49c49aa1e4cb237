/**
 * Column slices and their adjoints, and two views that cost nothing.
 *
 *   sliceCols columns start … start+count-1      padCols zeros before and after (its adjoint)
 *   concatCols [a | b]
 *   reshape   the same memory as [rows, cols]; [K·B, 1] ↔ [B, K] turns samples into columns
 *   stopGradient the same value; no derivative flows through it
 */
import { requireShapes } from "./shapes.ts";
import type { OpSpec } from "./spec.ts";

export const reshape: OpSpec<"reshape"> = {
  arity: 1,
  infer([x], output) {
    const { rows, cols, batched } = output;
    const same = x.rows * x.cols === rows * cols && x.batched === batched;
    requireShapes("reshape", same, "sizes must be equal", x, { rows, cols, batched });
    return { rows, cols, batched };
  },
  vjp: (e, { inputs: [x] }, dy) => [() => e.reshape(dy, x.shape)],
  view: true,
};

export const stopGradient: OpSpec<"stopGradient"> = {
  arity: 1,
  infer: ([x]) => x,
  vjp: () => [null],
  view: true,
};

export const sliceCols: OpSpec<"sliceCols"> = {
  arity: 1,
  infer([x], { start, count }) {
    const inside = start >= 0 && count > 0 && start + count <= x.cols;
    requireShapes("sliceCols", inside, `columns ${start} to ${start + count} must exist`, x);
    return { ...x, cols: count };
  },
  vjp: (e, { inputs: [x], attrs: { start, count } }, dy) => [
    () => e.padCols(dy, { before: start, after: x.shape.cols - start - count }),
  ],
};

export const padCols: OpSpec<"padCols"> = {
  arity: 1,
  infer: ([x], { before, after }) => ({ ...x, cols: before + x.cols + after }),
  vjp: (e, { inputs: [x], attrs: { before } }, dy) => [
    () => e.sliceCols(dy, { start: before, count: x.shape.cols }),
  ],
};

export const concatCols: OpSpec<"concatCols"> = {
  arity: 2,
  infer([a, b]) {
    const rows = a.rows === b.rows && a.batched === b.batched;
    requireShapes("concatCols", rows, "rows must agree", a, b);
    return { ...a, cols: a.cols + b.cols };
  },
  vjp: (e, { inputs: [a, b] }, dy) => [
    () => e.sliceCols(dy, { start: 0, count: a.shape.cols }),
    () => e.sliceCols(dy, { start: a.shape.cols, count: b.shape.cols }),
  ],
};
