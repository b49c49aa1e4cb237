/** Measures the mean objective of many rows under the current parameters, to compare with its value before training. */
import type { SyncProgram } from "../backends/backend.ts";
import { splitSeed } from "../core/random/philox.ts";
import type { Reference } from "../models/model_terms.ts";
import { needsReference, type Objective } from "../objectives/objective.ts";
import { type Matrix, rowsOf } from "../trained/rows/matrix.ts";
import { gatherRows } from "./rows/minibatch.ts";
import { writeFinalScalars } from "./program/schedule.ts";

/** Number of draws on which the loss is measured. */
const MEASURED_DRAWS = 10_000;

/** The mean objective of the first rows, as many as `draws` allows, with fixed noise. */
export function measure(
  program: SyncProgram,
  objective: Objective,
  data: Matrix,
  seed: number,
  draws: number = MEASURED_DRAWS,
): number {
  const { capacity } = program.plan;
  const [count, columns] = data.shape;
  const rows = Math.min(count, Math.ceil(draws / objective.samples));
  const loss = new Float64Array(1);
  const referenceRows = program.plan.inputs.get("reference")?.shape.rows;
  const reference = referenceRows ? new Float32Array(referenceRows * columns) : undefined;
  const order = Uint32Array.from({ length: reference ? count : 0 }, (_, i) => i);
  writeFinalScalars(program, objective);
  let sum = 0;
  for (let first = 0; first < rows; first += capacity) {
    const batchRows = Math.min(capacity, rows - first);
    program.write("x", rowsOf(data, first, batchRows));
    if (program.plan.inputs.has("key")) program.write("key", [...splitSeed(seed), 0, first]);
    if (reference) {
      gatherRows(data, order, first + batchRows, reference.length / columns, reference);
      program.write("reference", reference);
    }
    program.run(batchRows);
    program.read("loss", loss);
    sum += batchRows * loss[0];
  }
  return sum / rows;
}

/**
 * The number of other rows that an objective over the aggregated posterior needs with each batch: as many as the batch
 * has, if there are enough.
 * @throws RangeError if there are no other rows
 */
export function referenceFor(
  objective: Objective,
  batchRows: number,
  trainingRows: number,
): Reference | undefined {
  if (!needsReference(objective)) return undefined;
  const rows = Math.min(batchRows, trainingRows - batchRows);
  if (rows > 0) return { rows, trainingRows };
  throw new RangeError(
    `Cannot train: objective "${objective.type}" needs more rows than one batch: batchSize is ${batchRows} of ${trainingRows} rows`,
  );
}
