/** Renumbers rows in errors, if the rows are part of a larger set. */
import { NotFiniteError } from "./finite.ts";

/** Runs `act` on rows that follow `before` others; its error then has the row's number among all. */
export function renumberingRows<Value>(before: number, act: () => Value): Value {
  try {
    return act();
  } catch (error) {
    throw renumbered(error, (row) => before + row);
  }
}

/** The error about a row with its number among all; any other error is returned as it is. */
export function renumbered(error: unknown, numberOf: (row: number) => number): unknown {
  if (!(error instanceof NotFiniteError) || error.row === undefined) return error;
  const [, action] = /^Cannot (.*) row /.exec(error.message)!;
  return new NotFiniteError(action, error.value, numberOf(error.row) - 1);
}
