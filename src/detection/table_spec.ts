/**
 * A VAE given by a specification, for a table as it is. The table's columns are those of x, followed by what the
 * specification needs: the columns of the condition or, for a model with a classifier, the class (-1 if missing).
 * `fit_from_spec.ts` fits it; it is separate so that an edge host that only forwards jobs need not load the trainer.
 */
import { type ModelSpec, type ModelSpecInput, parseSpec } from "../models/spec.ts";

/** Names of a table's columns, or none if they are x0, x1, …, as for rows without column names. */
export function namesOf(columns: readonly string[]): { readonly columns?: readonly string[] } {
  return columns.every((name, c) => name === `x${c}`) ? {} : { columns };
}

/** A specification as the caller wrote it. */
export type RawSpec = Readonly<Record<string, unknown>>;

/** @throws TypeError or RangeError naming the field, or the number of columns that it needs */
export function specFor(rawSpec: RawSpec, width: number): ModelSpec {
  const conditionWidth = rawSpec.classifier ? 1 : rawSpec.condition ?? 0;
  const given = { inputs: Math.max(1, width - Number(conditionWidth)), ...rawSpec };
  const spec = parseSpec(given as unknown as ModelSpecInput);
  const needed = spec.inputs + (spec.classifier ? 1 : spec.condition);
  if (needed === width) return spec;
  const parts = spec.classifier ? "a class" : `a condition of ${spec.condition}`;
  throw new RangeError(
    `Cannot read spec: its ${spec.inputs} inputs and ${parts} need ${needed} columns, got ${width}`,
  );
}
