/**
 * A conformance case: one operation, its operands, and how far each element of its results may be from the float64
 * reference. The tolerance is beside the values, so that whoever changes one sees the other.
 */
import type { Shape } from "../../src/core/shape.ts";
import type { OpName } from "../../src/ops/names.ts";
import type { OpAttrs } from "../../src/ops/signatures.ts";
import { F32_UNIT_ROUNDOFF, ulpOf } from "../util/close.ts";

/** An operand. Parameters and state are in shared segments. */
export interface Operand {
  readonly kind: "input" | "parameter" | "state";
  readonly shape: Shape;
  readonly integer: boolean;
  /** For a full batch; all exact in float32, or u32. */
  readonly values: readonly number[];
}

export interface Case<N extends OpName = OpName> {
  readonly operands: readonly Operand[];
  readonly attrs: OpAttrs<N>;
  /** One tolerance for each result: the output, or the parameter and the state that an effect changes. */
  readonly tolerances: readonly Tolerance[];
}

/** All cases of one operation. */
export type CaseGenerator<N extends OpName> = () => readonly Case<N>[];

/** The largest |got - want| allowed for one element. */
export type Tolerance = (element: Element) => number;

/** An element of a result, and what it was computed from. */
export interface Element {
  /** The float64 reference. */
  readonly want: number;
  readonly row: number;
  readonly col: number;
  /** The operands' elements that broadcasting pairs with it. */
  readonly paired: readonly number[];
  /** The whole operands. */
  readonly operands: readonly Matrix[];
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** An operand with the actual number of rows. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  at(row: number, col: number): number;
}

/** Unit roundoff of float32. */
export const U = F32_UNIT_ROUNDOFF;

/** Backends may flush subnormal results to zero, as WGSL does, so no tolerance is smaller. */
const SMALLEST_NORMAL = 2 ** -126;

/** The result has bits that were moved, not computed. */
export const EXACT: Tolerance = () => 0;

/** Within `count` units in the last place. */
export function ulps(count: number): Tolerance {
  return ({ want }) => count * ulpOf(want) + SMALLEST_NORMAL;
}

/** One correctly rounded operation; the excess is the reference's own rounding. */
export const ROUNDED: Tolerance = ulps(0.5 + 2 ** -20);

/** Within `roundings` · 2^-24 of a magnitude, for example of the terms that were added. */
export function roundings(
  count: number,
  magnitude: (...paired: readonly number[]) => number,
): Tolerance {
  return ({ paired }) => count * U * Math.abs(magnitude(...paired)) + SMALLEST_NORMAL;
}

/** (k + 4) · 2^-24 · Σ|terms|: a sum of k terms in any order (Higham, 2002, section 4.2). */
export function reduction(terms: (element: Element) => readonly number[]): Tolerance {
  return (element) => {
    const list = terms(element);
    const magnitude = list.reduce((total, term) => total + Math.abs(term), 0);
    return (list.length + 4) * U * magnitude + SMALLEST_NORMAL;
  };
}

/** The operands' elements `value(i)` for i from 0 to count - 1. */
export function each(count: number, value: (i: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => value(i));
}
