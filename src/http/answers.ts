/** From matrices to the rows of an answer: finite, and not too many numbers at once. */
import { invalid, Problem } from "./problems.ts";

/** What a verb answers; the route adds the model's name. */
export type Answer = Readonly<Record<string, unknown>> & { readonly rows: readonly unknown[] };

/** The most numbers of one answer: some 80 MB of JSON. */
const MAX_NUMBERS = 4_000_000;

/**
 * A call that asks for more numbers than an answer may hold is refused before anything is computed.
 * @param pointer the field of the body that asks for so many rows
 */
export function requireAnswerSize(pointer: string, rows: number, numbersPerRow: number): void {
  if (rows * numbersPerRow <= MAX_NUMBERS) return;
  throw invalid(
    pointer,
    `Cannot answer with more than ${MAX_NUMBERS} numbers: current value is ${rows} rows of ${numbersPerRow}`,
  );
}

/**
 * Row-major numbers as one list for each row.
 * @param pointer the field to blame for a number that is not finite; by default the row of the body
 */
export function listsOf(
  data: Float32Array | Float64Array,
  rows: number,
  pointer?: string,
): number[][] {
  const width = data.length / rows;
  return Array.from({ length: rows }, (_, r) => {
    const list = Array.from(data.subarray(r * width, (r + 1) * width));
    list.forEach((value) => requireFinite(value, r, pointer));
    return list;
  });
}

/** JSON has no word for a number that is not finite: a row that leads to one is refused. */
export function requireFinite(value: number, r: number, pointer = `/rows/${r}`): number {
  if (Number.isFinite(value)) return value;
  const detail = `Cannot answer row ${r + 1}: the result is beyond the numbers of the model`;
  throw new Problem("result-not-finite", detail, { faults: [{ pointer, detail }] });
}
