/**
 * What graphs are exported in: a small set of operations on matrices that every format has, and
 * five more that most have and some lack. `lower.ts` writes each operation of the catalogue in them, `table.ts` what a
 * detector does around its network; a format is a table of these names.
 *
 *   matmul a·b, transposed where asked   add sub mul div max min, stretching rows and columns of one
 *   less equal: 1 where a < b, a = b, else 0     select b where a is 1, c where it is 0
 *   exp log tanh sigmoid relu floor cos sqrt          round to float32, widen to float64
 *   sumRows sumCols maxCols              over rows to [1, c], over columns to [r, 1]
 *   concat slice reshape identity        columns; reshape to [-1, c] where rows depend on the batch
 *   gemm x·W + b   softplus elu softmax kthLeast of each row     the five; each can be written in the others
 */
import type { Shape } from "../core/shape.ts";

const PRIMITIVES = [
  "matmul",
  "add",
  "sub",
  "mul",
  "div",
  "max",
  "min",
  "less",
  "equal",
  "select",
  "exp",
  "log",
  "tanh",
  "sigmoid",
  "relu",
  "floor",
  "cos",
  "sqrt",
  "round",
  "widen",
  "sumRows",
  "sumCols",
  "maxCols",
  "concat",
  "slice",
  "reshape",
  "identity",
  "gemm",
  "softplus",
  "elu",
  "softmax",
  "kthLeast",
] as const;

export type Primitive = typeof PRIMITIVES[number];

/** Those that a format may lack. */
export type Fused = "gemm" | "softplus" | "elu" | "softmax" | "kthLeast";

/** A matrix of the exported program, known by its name. */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
  /** Float64, where the format has it; float32 otherwise. */
  readonly double?: boolean;
}

export interface Step {
  readonly kind: Primitive;
  readonly inputs: readonly Value[];
  readonly output: Value;
  /** Of `matmul`. */
  readonly transpose?: readonly [a: boolean, b: boolean];
  /** First column and number of columns, of `slice`. */
  readonly columns?: readonly [start: number, count: number];
  /** k, of `kthLeast`. */
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
