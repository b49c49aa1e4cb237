/**
 * Rows with missing cells for a model that was trained on whole rows, by its sparse programs. Whole rows have the same
 * score under both kinds; only incomplete rows use these.
 *
 * The encoder was never trained on gaps, and takes a 0 for a value. So missing cells are first replaced by the model's
 * reconstruction, repeatedly (Rezende, Mohamed and Wierstra, 2014, appendix F, with means in place of draws): the
 * encoder sees a whole row, and the likelihood is that of the observed cells.
 */
import type { OnHost } from "../on_host.ts";
import { acceptingMissing } from "../programs/programs.ts";
import type { Matrix } from "../rows/matrix.ts";
import { withObserved } from "../rows/observed.ts";

/**
 * Converts standardised rows, NaN where missing, to rows of the sparse programs, and replaces the missing cells `times`
 * times by the model's reconstruction.
 * @param start initial values by row and column; 0, the mean, if absent
 */
export function fillMissing(
  model: OnHost,
  standardized: Matrix,
  times: number,
  start?: (row: number, column: number) => number,
): Matrix {
  const x = withObserved(acceptingMissing(model.spec), standardized);
  const width = standardized.shape[1];
  if (start) writeMissing(x, width, start);
  for (let time = 0; time < times; time++) {
    const { data } = model.sparse("reconstruct", x).mean;
    writeMissing(x, width, (r, c) => data[r * width + c]);
  }
  return x;
}

/** Writes values to the missing cells. */
function writeMissing(
  { data, shape: [rows, width] }: Matrix,
  columns: number,
  value: (row: number, column: number) => number,
): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      if (data[r * width + width - columns + c] === 0) data[r * width + c] = value(r, c);
    }
  }
}
