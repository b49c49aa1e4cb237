/**
 * The shapes for testing operations: all from 1 to 9, sizes around the widths of vectors and tiles, and every way to
 * broadcast.
 */
import { batched, fixed, type Shape } from "../../src/core/shape.ts";

/** Batch rows that programs are planned for, and those of their runs. */
export const CAPACITY = 5;
export const RUNS = [1, 3, 5] as const;

export const SMALL = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
export const WIDE = [15, 16, 17, 31, 33, 63, 64, 65] as const;

/** Fixed and batched matrices of every small size, and wide ones. */
export const MATRICES: readonly Shape[] = [
  ...SMALL.flatMap((rows) => SMALL.map((cols) => fixed(rows, cols))),
  ...WIDE.flatMap((cols) => [fixed(1, cols), fixed(3, cols), batched(cols), batched(cols, 2)]),
  ...SMALL.map((cols) => batched(cols)),
  ...SMALL.map((cols) => batched(cols, 3)),
];

/** Fewer of them, for operations with many attributes. */
export const FEW_MATRICES: readonly Shape[] = [
  ...SMALL.map((cols) => fixed(2, cols)),
  ...SMALL.map((cols) => batched(cols)),
  fixed(1, 17),
  fixed(3, 33),
  batched(65, 2),
];

const STRETCHED = [fixed(3, 4), fixed(3, 9), batched(5), batched(8, 2), batched(33)];

/** Every choice of full, row, column or scalar for each of `arity` operands. */
export function broadcastForms(full: Shape, arity: number): readonly (readonly Shape[])[] {
  const forms = [full, fixed(1, full.cols), { ...full, cols: 1 }, fixed(1, 1)];
  return choices(forms, arity);
}

/** Operands of one shape, for every matrix, and then every broadcast. */
export function operandShapes(arity: number): readonly (readonly Shape[])[] {
  const same = (shape: Shape) => Array.from({ length: arity }, () => shape);
  const stretched = arity === 1 ? [] : arity < 4 ? STRETCHED : STRETCHED.slice(1, 3);
  return [...MATRICES.map(same), ...stretched.flatMap((full) => broadcastForms(full, arity))];
}

function choices<T>(options: readonly T[], count: number): T[][] {
  if (count === 0) return [[]];
  return choices(options, count - 1).flatMap((head) => options.map((option) => [...head, option]));
}
