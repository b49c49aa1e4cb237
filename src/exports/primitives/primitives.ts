/**
 * The primitives of exported graphs: a small set of matrix operations that every format has, and five more that some
 * formats lack. `lower.ts` writes each operation of the catalogue in them, `table.ts` what a detector does around its
 * network; a format is a table of these names.
 *
 *   matmul a·b, transposed on request    add sub mul div max min, broadcasting single rows and columns
 *   less equal: 1 where a < b, a = b, else 0     select b where a is 1, c where it is 0
 *   exp log tanh sigmoid relu floor cos sqrt          round to float32, widen to float64
 *   sumRows sumCols maxCols              over rows to [1, c], over columns to [r, 1]
 *   concat slice reshape identity        columns; reshape to [-1, c] if the rows depend on the batch
 *   gemm x·W + b   softplus elu softmax kthLeast of each row     the five; each can be written with the others
 */
import type { Shape } from "../../core/shape.ts";

export type Primitive =
  | "matmul"
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "max"
  | "min"
  | "less"
  | "equal"
  | "select"
  | "exp"
  | "log"
  | "tanh"
  | "sigmoid"
  | "relu"
  | "floor"
  | "cos"
  | "sqrt"
  | "round"
  | "widen"
  | "sumRows"
  | "sumCols"
  | "maxCols"
  | "concat"
  | "slice"
  | "reshape"
  | "identity"
  | "gemm"
  | "softplus"
  | "elu"
  | "softmax"
  | "kthLeast";

/** The primitives that a format may lack. */
export type Fused = "gemm" | "softplus" | "elu" | "softmax" | "kthLeast";

/** A matrix of the exported program, identified by its name. */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
  /** Float64 if the format has it; otherwise float32. */
  readonly double?: boolean;
}

export interface Step {
  readonly kind: Primitive;
  readonly inputs: readonly Value[];
  readonly output: Value;
  /** For `matmul`. */
  readonly transpose?: readonly [a: boolean, b: boolean];
  /** First column and number of columns, for `slice`. */
  readonly columns?: readonly [start: number, count: number];
  /** k, for `kthLeast`. */
  readonly count?: number;
}

/** A constant or a parameter, row-major. */
export interface Weight extends Value {
  readonly data: Float32Array | Float64Array;
}

/** A graph, ready to be written in any format. */
export interface ExportProgram {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly weights: readonly Weight[];
  readonly steps: readonly Step[];
  readonly outputs: readonly Value[];
}

/** The shape as formats write it: -1 rows if their number depends on the batch. */
export function dimensions({ rows, cols, batched }: Shape): [number, number] {
  return [batched ? -1 : rows, cols];
}
