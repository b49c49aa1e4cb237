/**
 * What a kernel of this backend is: a piece of WGSL, and the form that says how it is used. Sizes,
 * offsets and attributes never stand in the text: they come as words of a record, and the text names
 * those words. Texts of programs of other sizes are therefore the same, and so are their pipelines.
 *
 *   pointwise   an expression of the operands' elements at (row, col); operands stretch
 *   indexed     statements that read operands anywhere within the batch row, for element (row, col)
 *   fold        the sum of each row's columns, of an expression
 *   rowwise     statements for a whole workgroup that walks one row at a time
 *   product, columnSum, norm, update   tasks of their own: see the files that write them
 */
import type { Attributes } from "../../../ops/spec.ts";
import type { OpAttrs } from "../../../ops/signatures.ts";
import type { OpName } from "../../../ops/names.ts";
import type { Shape } from "../../../core/shape.ts";

/** Where a kernel stands: names of u32 variables. `rows` are those that the run really has. */
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
  /** Statements that declare the variable \`target\`. */
  readonly write: (
    target: string,
    call: {
      readonly read: Read;
      readonly words: readonly string[];
      readonly position: Position;
      /** The first word of an integer operand in \`control\`. */
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

/** The kernels of some operations, each with the attributes of its own. */
export type Kernels<N extends OpName> = { readonly [M in N]: Kernel<OpAttrs<M>> };

/** A pointwise kernel without attributes. */
export function pointwise(write: (...operands: readonly string[]) => string): Pointwise {
  return { form: "pointwise", write: (operands) => write(...operands) };
}
