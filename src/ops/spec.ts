/**
 * What an operation is, apart from its arithmetic: a shape rule, and a vector-Jacobian product written as graph nodes.
 * The arithmetic is in the kernel tables of the backends.
 *
 * Derivatives build nodes through `Emit`. It is declared here and implemented by `graph/`, so that ops never import the
 * graph.
 */
import type { Shape } from "../core/shape.ts";
import type { OpName } from "./names.ts";
import type { Node } from "./node.ts";
import type { OpAttrs, OpInputs } from "./signatures.ts";

export type { Attributes, Node, SourceKind } from "./node.ts";

/** Operands, then attributes if the operation has any. */
export type EmitArgs<N extends OpName> = keyof OpAttrs<N> extends never ? OpInputs<N>
  : [...OpInputs<N>, OpAttrs<N>];

/** Builds one node per call: one method per operation, plus scalar constants. */
export type Emit =
  & { readonly [N in OpName]: (...args: EmitArgs<N>) => Node }
  & { constant(value: number): Node };

/**
 * d loss/d input for each input, given `dy` = d loss/d output; null where no derivative flows. Each is a thunk, so that
 * only the ones the caller wants become nodes.
 */
export type Vjp<N extends OpName> = (
  e: Emit,
  call: { inputs: OpInputs<N>; attrs: OpAttrs<N>; output: Node },
  dy: Node,
) => readonly ((() => Node) | null)[];

/** A derivative that does not exist or is not implemented, with the reason. */
export interface NotDifferentiable {
  readonly notDifferentiable: string;
}

export interface OpSpec<N extends OpName> {
  /** Number of operands. */
  readonly arity: OpInputs<N>["length"];
  /** The shape of the output; absent for elementwise operations whose operands broadcast to it. */
  infer?(inputs: Shapes<OpInputs<N>>, attrs: OpAttrs<N>): Shape;
  readonly vjp: Vjp<N> | NotDifferentiable;
  /**
   * The number of terms summed into each output element, x being the first operand; absent if the operation does not
   * sum.
   */
  terms?(x: Shape, output: Shape, batchRows: number): number;
  /** The output is the first input's memory under another shape: no kernel runs. */
  readonly view?: true;
  /** The output may overwrite an operand of the same size (elementwise operations). */
  readonly inPlace?: true;
  /** The operation changes its first operand (and its state) in place, after everything else has run. */
  readonly effect?: true;
}

type Shapes<T extends readonly Node[]> = { readonly [I in keyof T]: Shape };

/** Refuses a derivative with a reason. */
export function notDifferentiable(reason: string): NotDifferentiable {
  return { notDifferentiable: reason };
}
