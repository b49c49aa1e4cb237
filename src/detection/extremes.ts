/**
 * Cells that would blind their column. One value of 1e30 among ordinary ones makes the standard
 * deviation 1e29, and every later fault in that column is then nothing: such a cell is refused, not
 * averaged in.
 *
 * The usual spread of a column is the median of its nonzero distances from its median, which a few
 * cells of any size cannot move. Heavy tails are far inside the limit.
 */
import { type ColumnSchema, hasLevels } from "../scoring/table/schema.ts";
import type { Cells } from "../scoring/table/cells.ts";

/** Usual spreads from the median beyond which a cell is refused. */
const LIMIT = 1e6;

/** @throws RangeError naming row, 1-based, and column */
export function refuseExtremes({ data, rows }: Cells, schema: readonly ColumnSchema[]): void {
  schema.forEach(({ name, kind }, c) => {
    if (hasLevels(kind)) return;
    const column = Float64Array.from({ length: rows }, (_, r) => data[r * schema.length + c]);
    const centre = median(column.filter((value) => !Number.isNaN(value)));
    const distances = column.map((value) => Math.abs(value - centre));
    const usual = distances.filter((distance) => distance > 0);
    if (usual.length === 0) return;
    const limit = LIMIT * median(usual);
    const row = distances.findIndex((distance) => distance > limit);
    if (row < 0) return;
    throw new RangeError(
      `Cannot read row ${
        row + 1
      }, column "${name}": expected a value within a million times the usual spread of its column, which would hide every other: current value is ${
        column[row]
      }`,
    );
  });
}

/** The lower median; sorts in place. */
function median(values: Float64Array): number {
  return values.sort()[(values.length - 1) >> 1];
}
