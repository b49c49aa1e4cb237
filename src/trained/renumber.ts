/** Numbers the rows in errors about a part of a longer list as in all of it. */
import { RowError } from "../core/row_error.ts";
import type { Drawn } from "../formats/table.ts";
import { NotFiniteError } from "./finite.ts";

/** Runs `act` on rows that follow `before` others; its error then has the row's number among all. */
export function renumberingRows<Value>(before: number, act: () => Value): Value {
  try {
    return act();
  } catch (error) {
    throw renumbered(error, (row) => before + row);
  }
}

/** The error about a row of a sample with its number in the whole table; see `renumbered`. */
export function renumberedIn(drawn: Drawn | undefined, error: unknown): unknown {
  return drawn ? renumbered(error, (row) => drawn.numbers[row - 1]) : error;
}

/** The error about a row with its number among all; any other error is returned as it is. */
export function renumbered(error: unknown, numberOf: (row: number) => number): unknown {
  if (!(error instanceof RowError || error instanceof NotFiniteError) || !error.row) return error;
  const row = numberOf(error.row);
  const moved = error instanceof RowError
    ? new RowError(error.fault, row, error.column)
    : new NotFiniteError(error.action, error.value, row);
  return Object.assign(moved, { cause: error });
}
