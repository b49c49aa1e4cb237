/**
 * The baselines by name, each with one setting for all tables, run beside a model on the same rows.
 * Cells are standardised by the rows that a baseline is fitted to; a missing cell counts as its
 * column's mean.
 */
import { permutation } from "../../core/philox.ts";
import { STREAMS } from "../../core/streams.ts";
import type { Matrix } from "../../trained/matrix.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { standardizationOf, standardize } from "../../scoring/table/standardize.ts";
import type { Baseline } from "./baseline.ts";
import { ecod } from "./ecod.ts";
import { isolationForest } from "./isolation_forest.ts";
import { knn } from "./knn.ts";
import { mahalanobis, pca } from "./pca.ts";

/** By the name that people know them by. */
const BASELINES: Readonly<Record<string, (seed: number) => Baseline>> = {
  "kNN": () => knn(),
  "Mahalanobis": () => mahalanobis(),
  "PCA": () => pca(),
  "Isolation forest": (seed) => isolationForest({ seed }),
  "ECOD": () => ecod(),
};

/** kNN looks at every row for every row; this many, drawn by the seed, stand for more. */
const MAX_ROWS = 20_000;

/**
 * The scores of each baseline for the rows of a table.
 * @param seed fixes the isolation forest, and the draw from more than 20,000 training rows
 */
export function* baselineScores(
  training: Cells,
  test: Cells,
  columns: number,
  seed = 0,
): Generator<readonly [name: string, scores: Float64Array]> {
  const kept = thin(training, columns, seed);
  const standardization = standardizationOf(kept, columns);
  const prepare = (cells: Cells) => withMeans(standardize(cells, standardization));
  const known = prepare(kept), rows = prepare(test);
  for (const [name, baseline] of Object.entries(BASELINES)) {
    yield [name, baseline(seed)(known)(rows)];
  }
}

function thin(cells: Cells, columns: number, seed: number): Cells {
  if (cells.rows <= MAX_ROWS) return cells;
  const data = new Float64Array(MAX_ROWS * columns);
  permutation(cells.rows, seed, 2, STREAMS.isolation).subarray(0, MAX_ROWS).forEach((from, to) => {
    data.set(cells.data.subarray(from * columns, (from + 1) * columns), to * columns);
  });
  return { data, rows: MAX_ROWS };
}

/** In standardised cells the mean is 0. */
function withMeans({ data, shape }: Matrix): Matrix {
  return { data: data.map((value) => Number.isNaN(value) ? 0 : value), shape };
}
