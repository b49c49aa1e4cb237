/** The costs of single cells in table scores, in primitives, the same for every kind of detector. */
import { meanTypical } from "../../scoring/contributions.ts";
import { hasLevels } from "../../scoring/table/schema.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import type { Emitter } from "./emitter.ts";
import type { Value } from "./primitives.ts";

/** What cells cost in addition to the model's terms, in nats per column. */
export interface CellCosts {
  /** Cells that their column's kind rules out: `table/impossible.ts`. */
  readonly impossible?: Float64Array;
  /** Missing cells; NaN if the model needs complete rows. */
  readonly missing?: Float64Array;
}

/** `[B, C]`, float64. */
export function cellCosts(
  e: Emitter,
  rows: Value,
  schema: readonly ColumnSchema[],
  { impossible, missing = new Float64Array(schema.length).fill(NaN) }: CellCosts,
): Value {
  const zero = e.row("zero", [0]);
  let sum = e.select(e.binary("equal", rows, rows), zero, e.row("lacking", missing));
  const add = (name: string, isOne: (c: number) => boolean, mask: () => Value) => {
    const cost = impossible?.map((nats, c) => isOne(c) ? nats : 0);
    if (cost?.some((nats) => nats > 0)) sum = e.add(sum, e.mul(mask(), e.row(name, cost)));
  };
  const kindOf = (c: number) => schema[c].kind;
  add("notPositive", (c) => kindOf(c) === "positive", () => isNotPositive(e, rows));
  add("noCount", (c) => kindOf(c) === "count", () => {
    const isBroken = e.binary("less", e.unary("floor", rows), rows);
    return e.max(isBroken, e.binary("less", rows, zero));
  });
  add("noLevel", (c) => hasLevels(kindOf(c)), () => {
    const none = schema.map(({ levels }) => levels?.length ?? -1);
    return e.binary("equal", rows, e.row("levels", none));
  });
  return sum;
}

/** 1 for 0 and below. */
export function isNotPositive(e: Emitter, cells: Value): Value {
  const zero = e.row("zero", [0]);
  return e.max(e.binary("less", cells, zero), e.binary("equal", cells, zero));
}

/** Per column, what makes a raw contribution relative to a typical row: `contributions.ts`. */
export function overTypical(e: Emitter, typical: Float64Array): Value {
  const share = meanTypical(typical);
  return e.row("shift", typical.map((each) => each && share - each));
}

/** cos 2πt for float64 turns. */
export function cosTurns(e: Emitter, turns: Value): Value {
  const part = e.sub(turns, e.unary("floor", turns));
  return e.widen(e.unary("cos", e.round(e.mul(part, e.row("turn", [2 * Math.PI])))));
}
