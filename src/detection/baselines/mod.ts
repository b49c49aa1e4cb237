/**
 * The baselines by name, each with the same settings for all tables, run on the same rows as a model.
 * They see the same inputs as a network (`scoring/table/expansion.ts`): one indicator per level of a category, and the
 * position of a time on the circles of day and week. Cells are standardised by the rows that a baseline is fitted to,
 * with one scale for all levels of a category, since they are one column. A missing cell counts as its column's mean.
 */
import { permutation } from "../../core/random/permutation.ts";
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
import { takeCells } from "../../scoring/table/take_cells.ts";
import type { Baseline } from "./baseline.ts";
import { ecod } from "./ecod.ts";
import { isolationForest } from "./isolation_forest.ts";
import { knn } from "./knn.ts";
import { mahalanobis, pca } from "./pca.ts";

/** The baselines by their usual names. */
const BASELINES: Readonly<Record<string, (seed: number) => Baseline>> = {
  "kNN": () => knn(),
  "Mahalanobis": () => mahalanobis(),
  "PCA": () => pca(),
  "Isolation forest": (seed) => isolationForest({ seed }),
  "ECOD": () => ecod(),
};

/**
 * kNN compares every row with every training row, so larger tables are reduced to this many rows, drawn by the seed.
 */
const MAX_ROWS = 20_000;

/**
 * Scores the rows of a table by each baseline.
 * @param training may be the same cells as `test`: then no row is its own neighbour
 * @param seed fixes the isolation forest, and the draw from more than 20,000 training rows
 */
export function* baselineScores(
  training: Cells,
  test: Cells,
  schema: readonly ColumnSchema[],
  seed = 0,
): Generator<readonly [name: string, scores: Float64Array]> {
  const expansion = new Expansion(schema), sampled = sampleRows(training.rows, seed);
  const kept = expansion.expand(takeCells(training, schema.length, sampled));
  const standardization = scaleGroupsTogether(standardizationOf(kept, expansion.width), expansion);
  const prepare = (cells: Cells) => imputeMeans(standardize(cells, standardization));
  const known = prepare(kept), rows = prepare(expansion.expand(test));
  const ownRows = training.data === test.data ? new Int32Array(test.rows).fill(-1) : undefined;
  if (ownRows) sampled.forEach((row, i) => ownRows[row] = i);
  for (const [name, baseline] of Object.entries(BASELINES)) {
    yield [name, baseline(seed)(known)(rows, ownRows)];
  }
}

/** Draws the rows that a baseline is fitted to. */
function sampleRows(rows: number, seed: number): Uint32Array {
  if (rows <= MAX_ROWS) return Uint32Array.from({ length: rows }, (_, r) => r);
  return permutation(rows, seed, 2, STREAMS.isolation).subarray(0, MAX_ROWS);
}

/**
 * One scale for all indicators of a category: indicators that are 1 in a share p of the rows have the variance
 * Σ p (1 - p).
 */
function scaleGroupsTogether(
  standardization: Standardization,
  { groups }: Expansion,
): Standardization {
  const { centre } = standardization, scale = standardization.scale.slice();
  let first = 0;
  for (const { classes, columns } of groups) {
    const end = first + columns;
    for (; classes !== undefined && first < end; first += classes) {
      const shares = centre.subarray(first, first + classes);
      const variance = shares.reduce((sum, p) => sum + p * (1 - p), 0);
      scale.fill(Math.sqrt(variance) || 1, first, first + classes);
    }
    first = end;
  }
  return { ...standardization, scale };
}

/** Replaces missing cells by the mean, which is 0 in standardised cells. */
function imputeMeans({ data, shape }: Matrix): Matrix {
  return { data: data.map((value) => Number.isNaN(value) ? 0 : value), shape };
}
