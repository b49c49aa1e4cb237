/**
 * Extreme cells that would hide all other faults of their column. One value of 1e30 among ordinary ones makes the
 * standard deviation 1e29, so a network over standardised columns would not see any smaller fault. Such a cell is
 * rejected, not averaged in.
 *
 *   rejected    if the usual spread is below 10⁻⁴ of the standard deviation: a fault of a thousand usual spreads then
 *               costs less than 13 nats, ½ (0.1 / 0.02)², at the smallest variance allowed for a column
 *   missing     to the exact fit of a series: cells more than 10⁴ usual spreads away, if they are few. Sensors have
 *               such spikes, and the steps around them are ordinary
 *   left out    by an ensemble, whose views depend on ranks and quartiles: rows with cells more than 10⁶ usual spreads
 *               away are not trained on if they are few. They calibrate like any other
 *
 * The usual spread of a column is the median of the nonzero distances from its median, which a few cells of any size
 * cannot change. Byte counts, from some hundred to 10⁹, are within both limits, or at most left out.
 */
import { RowError } from "../../core/row_error.ts";
import { type Cells, takeColumn } from "../../scoring/table/cells.ts";
import { type ColumnSchema, hasLevels } from "../../scoring/table/schema.ts";
import { select } from "../../core/select.ts";
import { filterValues, observedValues, takeCells } from "../../scoring/table/take_cells.ts";

/** Distance from the median, in usual spreads, beyond which an ensemble does not train on a row. */
const MAX_TRAINED_DISTANCE = 1e6;

/** Largest standard deviation, in usual spreads. */
const MAX_DEVIATION = 1e4;

/** The largest share of rows that may be left out. */
const MAX_LEFT_OUT_SHARE = 0.05;

/** The largest share of steps of a series that may count as spikes; more are part of the column's behaviour. */
const MAX_SPIKE_SHARE = 0.01;

/** @throws RowError naming row and column */
export function refuseExtremes(cells: Cells, schema: readonly ColumnSchema[]): void {
  schema.forEach((column, c) => {
    const { values, distances, typicalDistance } = spreadOf(cells, schema, c);
    if (!(deviationOf(values) > MAX_DEVIATION * typicalDistance)) return;
    let row = 0;
    distances.forEach((distance, r) => {
      if (!(distance <= distances[row])) row = Number.isNaN(distance) ? row : r;
    });
    const spread = typicalDistance.toPrecision(3);
    throw new RowError(
      `expected a value in scale with its column (usual spread ${spread}), got ${
        values[row]
      }: leave out the row, or use the default preset`,
      row + 1,
      column.name,
    );
  });
}

/** The rows that an ensemble can train on, and warnings about the others. */
export function withoutExtremes(
  cells: Cells,
  schema: readonly ColumnSchema[],
): { readonly cells: Cells; readonly warnings: readonly string[] } {
  const far = new Uint8Array(cells.rows), warnings: string[] = [];
  schema.forEach(({ name }, c) => {
    const { distances, typicalDistance } = spreadOf(cells, schema, c);
    const found = filterValues(distances, (distance) =>
      distance > MAX_TRAINED_DISTANCE * typicalDistance).length;
    if (found === 0 || found > Math.max(1, MAX_LEFT_OUT_SHARE * cells.rows)) {
      return;
    }
    distances.forEach((distance, r) =>
      far[r] |= Number(distance > MAX_TRAINED_DISTANCE * typicalDistance)
    );
    warnings.push(
      `column "${name}": ${found} of ${cells.rows} training rows lie more than a million times its usual spread away and are not used`,
    );
  });
  if (warnings.length === 0) return { cells, warnings };
  const kept = Uint32Array.from(far.keys()).filter((r) => far[r] === 0);
  return { cells: takeCells(cells, schema.length, kept), warnings };
}

/**
 * The steps that a series is fitted to, with its few spikes marked as missing, and warnings about them. If spikes are
 * many, they stay, and a warning says so if they hide smaller changes.
 */
export function withoutSpikes(
  cells: Cells,
  schema: readonly ColumnSchema[],
): { readonly cells: Cells; readonly warnings: readonly string[] } {
  const data = cells.data.slice(), warnings: string[] = [];
  schema.forEach(({ name }, c) => {
    const { values, distances, typicalDistance } = spreadOf(cells, schema, c);
    const isFar = (distance: number) => distance > MAX_DEVIATION * typicalDistance;
    const found = filterValues(distances, isFar).length;
    if (found === 0) return;
    const isFew = found <= Math.max(1, MAX_SPIKE_SHARE * cells.rows);
    if (isFew) distances.forEach((each, r) => isFar(each) && (data[r * schema.length + c] = NaN));
    else if (!(deviationOf(values) > MAX_DEVIATION * typicalDistance)) return;
    warnings.push(
      `column "${name}": ${found} of ${cells.rows} steps lie more than ten thousand times its usual spread away, and ${
        isFew ? "count as missing" : "hide smaller changes"
      }`,
    );
  });
  return { cells: { data, rows: cells.rows }, warnings };
}

/**
 * A column, the distances of its cells from their median, and the usual distance: Infinity if the column does not vary
 * or holds no numbers.
 */
function spreadOf(cells: Cells, schema: readonly ColumnSchema[], c: number) {
  const { kind } = schema[c], values = takeColumn(cells, schema.length, c);
  const isNumber = !hasLevels(kind) && kind !== "timestamp";
  const centre = isNumber ? median(observedValues(values)) : NaN;
  const distances = values.map((value) => Math.abs(value - centre));
  const nonzero = filterValues(distances, (distance) => distance > 0);
  return { values, distances, typicalDistance: nonzero.length > 0 ? median(nonzero) : Infinity };
}

function deviationOf(values: Float64Array): number {
  const observed = observedValues(values), n = observed.length;
  const mean = observed.reduce((sum, value) => sum + value / n, 0);
  return Math.sqrt(observed.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0));
}

/** The lower median; reorders the values. */
function median(values: Float64Array): number {
  return select(values, (values.length - 1) >> 1);
}
