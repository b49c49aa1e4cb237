/** A node of a graph: one immutable value, and what computes it. */
import type { Shape } from "../core/shape.ts";
import type { OpName } from "./names.ts";

/** Where a value that no operation computes comes from. */
export type SourceKind = "parameter" | "state" | "input" | "constant";

/** One immutable value of a graph. */
export interface Node {
  readonly id: number;
  readonly op: OpName | SourceKind;
  readonly inputs: readonly Node[];
  readonly attrs: Attributes;
  readonly shape: Shape;
  /** The name of a parameter, state or input; empty otherwise. */
  readonly name: string;
}

export type Attributes = Readonly<Record<string, number | boolean | string>>;
