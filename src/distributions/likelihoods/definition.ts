/**
 * What a likelihood p(x | z) is, in one place: what a spec says of it, its graph on top of the
 * decoder, the data it takes, and how x is drawn. One file beside this one defines each; the table
 * of them is in `../likelihood.ts`.
 */
import { portableLog } from "../../core/portable.ts";
import type { HostRandom } from "../../core/random/philox.ts";
import { type NumberLimits, requireChoice, requireNumber } from "../../core/validate.ts";
import { dense } from "../../layers/mlp.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Scope } from "../../layers/scope.ts";
import type { Node } from "../../ops/spec.ts";

/** A likelihood with its parameters for some rows of z. */
export interface Conditional {
  /** E[x | z], `[r, D]`. */
  readonly mean: Node;
  /** What a draw of x needs, by name: each broadcastable to `[r, D]`. */
  readonly parameters: Readonly<Record<string, Node>>;
  /** ln p(x | z) per column, nats, `[r, D]`, for x `[r, D]`. */
  logProb(x: Node): Node;
}

/** Where a likelihood stands: on the decoder's last hidden layer, over some columns of x. */
export interface Site {
  readonly scope: Scope;
  /** `[r, H]` */
  readonly hidden: Node;
  readonly columns: number;
  /** Set before the names of its parameters: "", or "group0." for a group of columns. */
  readonly prefix: string;
  /** 1 where a cell is there, else 0, `[B, D]`; absent where none may be missing. */
  readonly observed?: Node;
}

/** What is known of each row, `[B, D]`, for each of its draws, in the shape of x `[K·B, D]`. */
export function alongDraws(g: Graph, ofRows: Node, { shape }: Node): Node {
  const times = shape.rows / ofRows.shape.rows;
  return times === 1 ? ofRows : g.repeatRows(ofRows, { times });
}

/** Which data a likelihood takes. */
export interface DataRule<S> {
  /** As a message says it, after "needs": "a value from 0 to 1". */
  needs(spec: S): string;
  /**
   * The first of the values `first … first + columns - 1` that it does not take, from `first`; or -1. NaN is
   * a missing value, which each takes.
   */
  fault(values: ArrayLike<number>, first: number, columns: number, spec: S): number;
}

/** The parameters of one row by name: one number for each column, or one for all. */
export type RowParameters = Readonly<Record<string, ArrayLike<number>>>;

/** Fills one row. `random(c)` is the sequence of column c, good until the next call. */
export type RowDraw<S> = (
  parameters: RowParameters,
  random: (column: number) => HostRandom,
  out: Float32Array,
  spec: S,
) => void;

/** One likelihood. */
export interface Definition<S> {
  /** As messages name it, after "a": "Bernoulli". */
  readonly title: string;
  /**
   * Completes what a spec says.
   * @param field the name to show, such as `spec.likelihood`
   * @param columns over which it stands
   * @throws TypeError or RangeError naming the field
   */
  parse(field: string, value: unknown, columns: number): S;
  build(site: Site, spec: S): Conditional;
  readonly data: DataRule<S>;
  /** Whether x ↦ (x - centre) / scale stays within the family, so that columns may be standardised. */
  readonly standardizes: boolean;
  readonly draw: RowDraw<S>;
  /** What stands in place of a missing cell, if it does not take 0. */
  readonly placeholder?: number;
}

/** A layer from the decoder's last hidden one to one output for each column, `[r, D]`. */
export function head({ scope, hidden, columns, prefix }: Site, name: string): Node {
  return dense(scope, `decoder.${prefix}${name}`, hidden, columns);
}

/** Whether a quantity is one for all columns or one for each, if it is not a fixed number. */
export const LEARNED = ["shared", "perFeature"] as const;

/** A fixed number, or one of `choices`. */
export function parseQuantity<C extends string>(
  field: string,
  value: unknown,
  limits: NumberLimits,
  choices: readonly C[],
): number | C {
  return typeof value === "number"
    ? requireNumber(field, value, limits)
    : requireChoice(field, value, choices);
}

/** The limits of a logarithm, and where it starts; 0. */
export interface LogRange {
  readonly low: number;
  readonly high: number;
  readonly start?: number;
}

/** ln of a quantity above 0: a constant `[1, 1]`, or the parameter `likelihood.<name>`, within limits. */
export function logQuantity(
  { scope, columns, prefix }: Site,
  name: string,
  value: number | typeof LEARNED[number],
  { low, high, start = 0 }: LogRange,
): Node {
  if (typeof value === "number") return scope.g.constant(portableLog(value));
  const cols = value === "shared" ? 1 : columns;
  const initializer = { type: "constant", value: start } as const;
  const learned = scope.declare(`likelihood.${prefix}${name}`, 1, cols, initializer);
  return scope.g.clamp(learned, { low, high });
}

/** A rule that looks at each value by itself. */
export function eachValue<S>(needs: string, accepts: (value: number) => boolean): DataRule<S> {
  return {
    needs: () => needs,
    fault(values, first, columns) {
      for (let c = 0; c < columns; c++) {
        const value = values[first + c];
        if (!accepts(value) && !Number.isNaN(value)) return c;
      }
      return -1;
    },
  };
}

/** Any number: rows are finite by the time that a likelihood sees them. */
export const ANY_NUMBER: DataRule<unknown> = eachValue("a number", () => true);

/** Whole numbers that float32 holds exactly. */
export const COUNTS: DataRule<unknown> = eachValue(
  "a whole number from 0 to 16777216",
  (value) => Number.isInteger(value) && value >= 0 && value <= 2 ** 24,
);

/** Reads a parameter of the column being drawn. */
export type ReadParameter = (name: string) => number;

/** A draw that fills each column by itself. */
export function eachColumn<S>(
  draw: (read: ReadParameter, random: HostRandom) => number,
): RowDraw<S> {
  return (parameters, random, out) => {
    let c = 0;
    const read = (name: string) => {
      const values = parameters[name];
      return values[values.length === 1 ? 0 : c];
    };
    for (; c < out.length; c++) out[c] = draw(read, random(c));
  };
}
