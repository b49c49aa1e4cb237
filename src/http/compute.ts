/** Computes a verb's numbers for all rows of a request, in parts between which other requests get their turn. */
import { NotFiniteError } from "../trained/finite.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { isBlank, notFinite, type Numbers } from "./answers/answers.ts";
import type { Pacer } from "./pacer.ts";
import type { Problem } from "./answers/problems.ts";
import type { Work } from "./verbs/mod.ts";

/** Rows in a part: at least one run of the model's programs; for narrow rows, at most some milliseconds of work. */
const MIN_PART_ROWS = 128, MAX_PART_ROWS = 2048, PART_NUMBERS = 1 << 14;

/** Rows in one part, for rows with this many cells or answers. */
function partRows(width: number): number {
  return Math.min(MAX_PART_ROWS, Math.max(MIN_PART_ROWS, Math.floor(PART_NUMBERS / width)));
}

/**
 * @param cells rows as the verb reads them; for a verb without rows, a number of rows but no cells
 * @param firstRow the index of the first row, if these rows are part of a longer list
 * @returns the numbers, without a promise if the model computes them synchronously
 * @throws Problem naming the row whose result is not finite
 */
export function compute(
  work: Work,
  cells: Cells,
  pacer: Pacer,
  firstRow = 0,
): Numbers | Promise<Numbers> {
  const { data, rows } = cells, { columns: { length: columns }, blanks } = work;
  const maxRows = partRows(Math.max(data.length / rows, columns));
  if (rows > maxRows && !work.isWhole) return computeParts(work, cells, pacer, firstRow, maxRows);
  const result = runPart(work, cells, pacer, firstRow);
  if (!(result instanceof Promise)) return { data: result, rows, columns, blanks };
  return result.then((data) => ({ data, rows, columns, blanks }));
}

async function computeParts(
  work: Work,
  { data, rows }: Cells,
  pacer: Pacer,
  firstRow: number,
  maxRows: number,
): Promise<Numbers> {
  const width = data.length / rows, { columns: { length: columns }, blanks } = work;
  const numbers = new Float64Array(rows * columns);
  for (let first = 0; first < rows; first += maxRows) {
    if (first > 0) await pacer.yieldIfDue();
    const count = Math.min(maxRows, rows - first);
    const part = { data: data.subarray(first * width, (first + count) * width), rows: count };
    numbers.set(await runPart(work, part, pacer, firstRow + first), first * columns);
  }
  return { data: numbers, rows, columns, blanks };
}

function runPart(
  work: Work,
  part: Cells,
  pacer: Pacer,
  firstRow: number,
): Float64Array | Promise<Float64Array> {
  const refuse = (error: unknown): never => {
    if (!(error instanceof NotFiniteError)) throw error;
    // The error for a single row has no row number.
    throw notFiniteAt(part, firstRow, (error.row ?? 1) - 1);
  };
  const finite = (result: Float64Array) => {
    const bad = firstNotFinite(result, work.columns.length, work.blanks);
    if (bad >= 0) throw notFiniteAt(part, firstRow, Math.floor(bad / work.columns.length));
    return result;
  };
  try {
    const result = work.run(part, firstRow, pacer);
    return result instanceof Promise ? result.then(finite, refuse) : finite(result);
  } catch (error) {
    return refuse(error);
  }
}

/** Blames the row of the answer or, if the request gave no rows, their count. */
function notFiniteAt({ data }: Cells, first: number, r: number): Problem {
  return notFinite(first + r, data.length > 0 ? `/rows/${first + r}` : "/count");
}

/** The index of the first number that must be finite and is not; -1 if there is none. */
function firstNotFinite(
  values: Float64Array,
  columns: number,
  blanks?: readonly boolean[],
): number {
  for (let i = 0; i < values.length; i++) {
    if (values[i] - values[i] === 0 || isBlank(values[i], i % columns, blanks)) continue;
    return i;
  }
  return -1;
}
