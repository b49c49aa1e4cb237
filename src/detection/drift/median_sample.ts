/** Medians of the columns of a table that arrives in parts, and of its scores: of all rows, or of a sample of many. */
import { lowerMedian } from "../../core/sorted.ts";
import { RowSample } from "../../formats/sample/row_sample.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { sampleOptions } from "../rows/row_limit.ts";
import type { DetectorOptions } from "../options.ts";
import { sortedValues } from "../../scoring/table/take_cells.ts";

/** Keeps rows, with their scores as a last column. */
export class MedianSample {
  readonly #columns: readonly string[];
  readonly #rows: RowSample;

  /** @param columns how many columns of the table have medians: all, or none */
  constructor(columns: number, draw: Pick<DetectorOptions, "maxRows" | "seed">) {
    this.#columns = Array.from({ length: columns + 1 }, (_, c) => `x${c}`);
    this.#rows = new RowSample(sampleOptions(draw));
  }

  add({ data, rows }: Cells, scores: Float64Array): void {
    const columns = this.#columns, width = columns.length, columnCount = width - 1;
    const kept = new Float64Array(rows * width);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columnCount; c++) kept[r * width + c] = data[r * columnCount + c];
      kept[r * width + columnCount] = scores[r];
    }
    this.#rows.add({ columns, data: kept, rows, source: "-" });
  }

  /**
   * The medians, NaN where no cell is observed, and the number of rows that they are of, if that is not all.
   * @throws RangeError if there is no row
   */
  finish(): { readonly medians: readonly number[]; readonly drawn?: number } {
    const width = this.#columns.length;
    const { data, rows, drawn } = this.#rows.finish();
    const medians = this.#columns.map((_, c) =>
      lowerMedian(sortedValues({ data, rows }, width, c))
    );
    return drawn ? { medians, drawn: rows } : { medians };
  }
}
