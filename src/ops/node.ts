/** A node of a graph: one immutable value, and how it is computed. */
import type { Shape } from "../core/shape.ts";
import type { OpName } from "./names.ts";

/** The kinds of value that no operation computes. */
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
