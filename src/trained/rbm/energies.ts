/** Checks rows for a Boltzmann machine, and computes their free energies at the backend's own precision. */
import type { Engine } from "../engine.ts";
import { BULK_ROWS } from "../calls/map_rows.ts";
import { requireFiniteRows } from "../finite.ts";
import { cellError, type Matrix, type Rows, toMatrix } from "../rows/matrix.ts";
import type { RbmProgram } from "./rbm_programs.ts";

export type RbmEngine = Engine<RbmProgram>;

/** F(x), or F(h) for the hidden layer, per row, nats. @throws NotFiniteError naming the row */
export function energiesOf(
  engine: RbmEngine,
  layer: "visible" | "hidden",
  { data, shape: [rows, width] }: Matrix,
): Float64Array {
  const [name, input] = layer === "visible"
    ? ["score", "x"] as const
    : ["hiddenScore", "h"] as const;
  const program = engine.program(name, { capacity: BULK_ROWS });
  const energies = new Float64Array(rows);
  for (let first = 0; first < rows; first += BULK_ROWS) {
    const count = Math.min(BULK_ROWS, rows - first);
    program.write(input, data.subarray(first * width, (first + count) * width));
    program.run(count);
    const chunk = energies.subarray(first, first + count);
    program.read("energy", chunk);
    requireFiniteRows("score", chunk, 1, first);
  }
  return energies;
}

/**
 * Rows of units with values 0 or 1, or in between for grey values.
 * @throws RowError naming row and column
 */
export function unitRows(rows: Rows, columns: number): Matrix {
  const matrix = toMatrix(rows, columns);
  const invalid = matrix.data.findIndex((value) => !(value >= 0 && value <= 1));
  if (invalid < 0) return matrix;
  throw cellError("a value from 0 to 1", matrix.data[invalid], invalid, columns);
}
