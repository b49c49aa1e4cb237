/**
 * The definition of a likelihood p(x | z) in one place: its spec, its graph on top of the decoder, the data it accepts,
 * and how x is drawn. Each file beside this one defines one likelihood; the table is in `../likelihood.ts`.
 */
import { portableLog } from "../../core/portable.ts";
import type { HostRandom } from "../../core/random/philox.ts";
import { type NumberLimits, requireChoice, requireNumber } from "../../core/validate.ts";
import { dense } from "../../layers/mlp.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Scope } from "../../layers/scope.ts";
import { repeated } from "../../ops/shorthand.ts";
import type { Node } from "../../ops/spec.ts";

/** A likelihood with its parameters computed for some rows of z. */
export interface Conditional {
  /** E[x | z], `[r, D]`. */
  readonly mean: Node;
  /** Parameters for drawing x, by name, each broadcastable to `[r, D]`. */
  readonly parameters: Readonly<Record<string, Node>>;
  /** ln p(x | z) per column, nats, `[r, D]`, for x `[r, D]`. */
  logProb(x: Node): Node;
}

/** Where a likelihood is built: on the decoder's last hidden layer, over some columns of x. */
export interface Site {
  readonly scope: Scope;
  /** `[r, H]` */
  readonly hidden: Node;
  readonly columns: number;
  /** Prefix of its parameter names: "", or "group0." for a group of columns. */
  readonly prefix: string;
  /** 1 where a cell is present, else 0, `[B, D]`; absent if the model takes no missing cells. */
  readonly observed?: Node;
}

/** Repeats per-row values `[B, D]` for each draw, to match x `[K·B, D]`. */
export function repeatForDraws(g: Graph, perRow: Node, { shape }: Node): Node {
  return repeated(g, perRow, shape.rows / perRow.shape.rows);
}

/** Which data a likelihood accepts. */
export interface DataRule<S> {
  /** Text for messages, after "needs": "a value from 0 to 1". */
  needs(spec: S): string;
  /**
   * The index, relative to `first`, of the first of `values[first … first + columns - 1]` that the likelihood does not
   * accept; or -1. NaN is a missing value, which every likelihood accepts.
   */
  firstInvalid(values: ArrayLike<number>, first: number, columns: number, spec: S): number;
}

/** The parameters of one row by name: one number per column, or one for all columns. */
export type RowParameters = Readonly<Record<string, ArrayLike<number>>>;

/** Fills one row. `random(c)` is the random sequence of column c, valid until the next call. */
export type RowDraw<S> = (
  parameters: RowParameters,
  random: (column: number) => HostRandom,
  out: Float32Array,
  spec: S,
) => void;

/** One likelihood. */
export interface Definition<S> {
  /** Name for messages, after "a": "Bernoulli". */
  readonly title: string;
  /**
   * Completes a user's spec.
   * @param field the name for messages, such as `spec.likelihood`
   * @param columns the number of columns it covers
   * @throws TypeError or RangeError naming the field
   */
  parse(field: string, value: unknown, columns: number): S;
  build(site: Site, spec: S): Conditional;
  readonly data: DataRule<S>;
  /** Whether the family is closed under x ↦ (x - centre) / scale, so that columns may be standardised. */
  readonly standardizes: boolean;
  readonly draw: RowDraw<S>;
  /** The placeholder for a missing cell, if the likelihood does not accept 0. */
  readonly placeholder?: number;
}

/** A dense layer from the decoder's last hidden layer to one output per column, `[r, D]`. */
export function head({ scope, hidden, columns, prefix }: Site, name: string): Node {
  return dense(scope, `decoder.${prefix}${name}`, hidden, columns);
}

/** Choices for a learned quantity: one for all columns, or one per column. */
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

/** The limits of a logarithm, and its initial value (default 0). */
export interface LogRange {
  readonly low: number;
  readonly high: number;
  readonly start?: number;
}

/** The range of a quantity's logarithm. Called where it is needed: in a new process, logarithms at load take 0.1 ms. */
export function logRange(
  { min, max }: { readonly min: number; readonly max: number },
  start?: number,
): LogRange {
  return { low: portableLog(min), high: portableLog(max), start };
}

/** ln of a positive quantity: a constant `[1, 1]`, or the parameter `likelihood.<name>`, clamped to the limits. */
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

/** A rule that checks each value independently. */
export function eachValue<S>(needs: string, accepts: (value: number) => boolean): DataRule<S> {
  return {
    needs: () => needs,
    firstInvalid(values, first, columns) {
      for (let c = 0; c < columns; c++) {
        const value = values[first + c];
        if (!accepts(value) && !Number.isNaN(value)) return c;
      }
      return -1;
    },
  };
}

/** Any number: rows are already known to be finite when a likelihood sees them. */
export const ANY_NUMBER: DataRule<unknown> = eachValue("a number", () => true);

/** Non-negative whole numbers that float32 represents exactly. */
export const COUNTS: DataRule<unknown> = eachValue(
  "a whole number from 0 to 16777216",
  (value) => Number.isInteger(value) && value >= 0 && value <= 2 ** 24,
);

/** Reads a parameter of the column being drawn. */
export type ReadParameter = (name: string) => number;

/** Draws each column independently. */
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
