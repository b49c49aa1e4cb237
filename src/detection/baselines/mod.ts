/**
 * The baselines by name, each with one setting for all tables, run beside a model on the same rows.
 * They see what a network sees (`scoring/table/expansion.ts`): of a category an indicator for each level, of a time its
 * place on the circles of day and week. Cells are standardised by the rows that a baseline is fitted to, the levels of a
 * category together, as they are one column; a missing cell counts as its column's mean.
 */
import { permutation } from "../../core/random/philox.ts";
import { STREAMS } from "../../core/random/streams.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { Expansion } from "../../scoring/table/expansion.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import {
  type Standardization,
  standardizationOf,
  standardize,
} from "../../scoring/table/standardize.ts";
import { takeCells } from "../take_cells.ts";
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
 * @param training the rows of the table itself where they are the same: then no row is its own neighbour
 * @param seed fixes the isolation forest, and the draw from more than 20,000 training rows
 */
export function* baselineScores(
  training: Cells,
  test: Cells,
  schema: readonly ColumnSchema[],
  seed = 0,
): Generator<readonly [name: string, scores: Float64Array]> {
  const expansion = new Expansion(schema), drawn = drawRows(training.rows, seed);
  const kept = expansion.expand(takeCells(training, schema.length, drawn));
  const standardization = together(standardizationOf(kept, expansion.width), expansion);
  const prepare = (cells: Cells) => withMeans(standardize(cells, standardization));
  const known = prepare(kept), rows = prepare(expansion.expand(test));
  const own = training.data === test.data ? new Int32Array(test.rows).fill(-1) : undefined;
  if (own) drawn.forEach((row, i) => own[row] = i);
  for (const [name, baseline] of Object.entries(BASELINES)) {
    yield [name, baseline(seed)(known)(rows, own)];
  }
}

/** The rows that a baseline is fitted to. */
function drawRows(rows: number, seed: number): Uint32Array {
  if (rows <= MAX_ROWS) return Uint32Array.from({ length: rows }, (_, r) => r);
  return permutation(rows, seed, 2, STREAMS.isolation).subarray(0, MAX_ROWS);
}

/** The indicators of a category, each 1 in a share p of the rows, vary by Σ p (1 - p) together. */
function together(standardization: Standardization, { groups }: Expansion): Standardization {
  const { centre } = standardization, scale = standardization.scale.slice();
  let first = 0;
  for (const { classes, columns } of groups) {
    if (classes !== undefined) {
      const shares = centre.subarray(first, first + columns);
      const variance = shares.reduce((sum, p) => sum + p * (1 - p), 0);
      scale.fill(Math.sqrt(variance) || 1, first, first + columns);
    }
    first += columns;
  }
  return { ...standardization, scale };
}

/** In standardised cells the mean is 0. */
function withMeans({ data, shape }: Matrix): Matrix {
  return { data: data.map((value) => Number.isNaN(value) ? 0 : value), shape };
}
