/**
 * Samples (x, z) from the model, z ~ p(z), x ~ p(x | z), in runs of the program `sample`. Draw i depends only on the
 * seed, i and its condition.
 */
import type { Program } from "../../backends/backend.ts";
import { splitSeed } from "../../core/random/philox.ts";
import { requireNumber } from "../../core/validate.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { latentSize } from "../../models/spec.ts";
import { drawRows, readDrawParameters } from "./draw_rows.ts";
import { BULK_ROWS, capacityOf, type Programs } from "./map_rows.ts";
import { type Matrix, rowsOf } from "../rows/matrix.ts";
import { type ConditionOptions, toConditions } from "../rows/model_rows.ts";
import type { ProgramName } from "../programs/programs.ts";
import { after, type Steps, type Wait, waitForAll } from "../steps.ts";

/** Options for sampling from the model. */
export interface SampleOptions extends ConditionOptions {
  /** Fixes the draws. Default: 0. */
  readonly seed?: number;
  /** Return E[x | z] instead of a draw of x. */
  readonly mean?: boolean;
}

/** The keys of `SampleOptions`, besides `condition`. */
export const SAMPLE_KEYS = ["seed", "mean"];

/** Which draws: `count` draws from the index `first` on. */
export interface DrawRequest extends SampleOptions {
  readonly first: number;
  readonly count: number;
}

/** Maximum number of draws per call. */
const MAX_DRAWS = 1e7;

/** x `[count, D]`, and the z that they were drawn from, `[count, L]`. */
export interface Pairs {
  readonly x: Matrix;
  readonly z: Matrix;
}

export function* drawPairs(
  programs: Programs<ProgramName>,
  spec: ModelSpec,
  { first, count, seed = 0, mean = false, condition }: DrawRequest,
): Steps<Pairs> {
  requireNumber("count", count, { min: 1, max: MAX_DRAWS, integer: true });
  const conditions = toConditions(spec, count, condition);
  const [seedLow, seedHigh] = splitSeed(seed), size = { capacity: BULK_ROWS, rows: count };
  const capacity = capacityOf(programs.program("sample", size));
  const x = empty(count, spec.inputs), z = empty(count, latentSize(spec));
  for (let at = 0; at < count; at += capacity) {
    const rows = Math.min(capacity, count - at), program = programs.program("sample", size);
    program.write("key", [seedLow, seedHigh, 0, first + at]);
    if (conditions) program.write("c", rowsOf(conditions, at, rows));
    program.run(rows);
    const drawn = rowsOf(x, at, rows);
    yield waitForAll([
      program.read("z", rowsOf(z, at, rows)),
      mean
        ? program.read("mean", drawn)
        : drawInto(drawn, spec, program, rows, { seed, first: first + at }),
    ]);
  }
  return { x, z };
}

function drawInto(
  into: Float32Array,
  spec: ModelSpec,
  program: Program,
  rows: number,
  draws: { readonly seed: number; readonly first: number },
): Wait {
  const { parameters, wait } = readDrawParameters(program, rows);
  return after(wait, () => drawRows(spec, parameters, draws, into));
}

function empty(rows: number, columns: number): Matrix {
  return { data: new Float32Array(rows * columns), shape: [rows, columns] };
}
