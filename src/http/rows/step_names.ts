/** The names of the series that rows belong to, if a model tells several apart: a key beside those of its columns. */
import { isMissing } from "../../formats/text/cells.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { refusal } from "./rows.ts";

/** Rows that may be of several series. */
export interface StepCells extends Cells {
  /** The series of each; absent if all are of one. */
  readonly names?: readonly string[];
}

/** Rows as the model's columns have them, and what was beside these. */
export interface NamedRows {
  readonly rows: readonly unknown[];
  readonly names?: readonly string[];
}

/**
 * @param by the key, of a model of several series
 * @param first the index of the first row, if these rows are part of a longer list
 * @throws Problem for a row without a name among rows with one
 */
export function withoutNames(
  rows: readonly unknown[],
  by: string | undefined,
  first = 0,
): NamedRows {
  if (by === undefined || !rows.some((row) => isNamed(row, by))) return { rows };
  const names = rows.map((row, r) => {
    const name = isNamed(row, by) ? row[by] : null, kind = typeof name;
    const text = kind === "string" || kind === "number" || kind === "boolean"
      ? `${name}`.trim()
      : "";
    if (text !== "" && !isMissing(text)) return text;
    throw refusal(first + r, by, by, name, "the name of the series that the row belongs to");
  });
  const rest = rows.map((row) => {
    const { [by]: _, ...cells } = row as Record<string, unknown>;
    return cells;
  });
  return { rows: rest, names };
}

function isNamed(row: unknown, by: string): row is Record<string, unknown> {
  return typeof row === "object" && row !== null && !Array.isArray(row) && Object.hasOwn(row, by);
}
