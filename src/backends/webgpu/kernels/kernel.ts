/**
 * A kernel of this backend is a piece of WGSL, and a form that says how it is used. Sizes, offsets and attributes are
 * not in the text: they are words of a record, and the text names those words. So programs that differ only in sizes
 * have the same text, and share pipelines.
 *
 *   pointwise   an expression of the operands' elements at (row, col); operands broadcast
 *   indexed     statements for element (row, col) that read operands anywhere within the batch row
 *   fold        the sum of an expression over the columns of each row
 *   rowwise     statements for a whole workgroup that processes one row at a time
 *   product, columnSum, norm, update   separate tasks: see the files that write them
 */
import type { Attributes } from "../../../ops/spec.ts";
import type { OpAttrs } from "../../../ops/signatures.ts";
import type { OpName } from "../../../ops/names.ts";
import type { Shape } from "../../../core/shape.ts";

/** The position of a kernel: names of u32 variables. `rows` is the number of rows in the run. */
export interface Position {
  readonly row: string;
  readonly col: string;
  readonly rows: string;
}

export interface Pointwise<A = Attributes> {
  readonly form: "pointwise";
  /** Attributes as float32 words. */
  readonly floats?: (attrs: A) => readonly number[];
  readonly write: (
    operands: readonly string[],
    call: { readonly floats: readonly string[]; readonly attrs: A; readonly position: Position },
    stretchedRows: boolean,
  ) => string;
}

/** The element (row, col) of an operand, as an expression. */
export type Read = (operand: number, row: string, col: string) => string;

export interface Indexed<A = Attributes> {
  readonly form: "indexed";
  /** Attributes as u32 words. */
  readonly words: (attrs: A, inputs: readonly Shape[]) => readonly number[];
  /** Statements that declare the variable `target`. */
  readonly write: (
    target: string,
    call: {
      readonly read: Read;
      readonly words: readonly string[];
      readonly position: Position;
      /** The first word of an integer operand in `control`. */
      readonly controlWord: string;
    },
  ) => string;
}

export interface Fold {
  readonly form: "fold";
}

export interface RowWise {
  readonly form: "rowwise";
  readonly result: "row" | "scalar";
}

export interface Own {
  readonly form: "product" | "columnSum" | "norm" | "update";
}

export type Kernel<A = Attributes> = Pointwise<A> | Indexed<A> | Fold | RowWise | Own;

/** The kernels of some operations, each with its own attributes. */
export type Kernels<N extends OpName> = { readonly [M in N]: Kernel<OpAttrs<M>> };

/** A pointwise kernel without attributes. */
export function pointwise(write: (...operands: readonly string[]) => string): Pointwise {
  return { form: "pointwise", write: (operands) => write(...operands) };
}
