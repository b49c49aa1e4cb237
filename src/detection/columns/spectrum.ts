/**
 * Predicts how many latent dimensions a table would use, before any training.
 *
 * λ_1 ≥ … ≥ λ_D: the eigenvalues of the correlation matrix of n rows. Dimension i is used if
 *
 *   λ_i > max(β, (1 + √(D / n))²)
 *
 * The first bound is that of a linear VAE: at its optimum a dimension is active if and only if its eigenvalue exceeds
 * β σ² (Lucas, Tucker, Grosse and Norouzi, "Don't blame the ELBO!", 2019); σ² = 1 is the variance of standardised
 * columns that nothing explains, where training begins. The second is the largest eigenvalue that independent columns
 * reach by chance in n rows (Marchenko and Pastur, 1967). For β = 1 and many rows this is the number of factors by
 * Guttman, 1954, a lower bound. Limits: it is linear; a network may use more dimensions if columns are dependent but
 * not correlated.
 */
import { symmetricEigen } from "../../core/algebra/symmetric_eigen.ts";
import { countBelow } from "../../core/sorted.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { type ColumnSchema, hasLevels } from "../../scoring/table/schema.ts";
import { standardizationOf, standardize } from "../../scoring/table/standardize.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { runSync } from "../../trained/steps.ts";
import { momentSteps } from "../../training/em/moments.ts";
import { sortedValues } from "../../scoring/table/take_cells.ts";
import type { ColumnFacts } from "./column_facts.ts";

/** The eigenvalues of more columns than this take seconds. */
const MAX_COLUMNS = 150;

/** Result of the spectral analysis. */
export interface Spectrum {
  /** Eigenvalues of the correlation matrix, largest first. */
  readonly eigenvalues: Float64Array;
  /** Number of dimensions that would be used. */
  readonly activeUnits: number;
  /** The share of the variance that these explain. */
  readonly explained: number;
}

/** @param x standardised rows; a missing cell is 0 */
export function spectrumOf(x: Matrix, beta = 1): Spectrum {
  const [rows, columns] = x.shape;
  const { covariance } = runSync(momentSteps(x));
  const { values } = symmetricEigen(covariance, columns);
  const activeUnits = predictActiveUnits(values, rows, beta);
  const sum = (list: Float64Array) => list.reduce((total, each) => total + Math.max(0, each), 0);
  const total = sum(values);
  return {
    eigenvalues: values,
    activeUnits,
    explained: total > 0 ? sum(values.subarray(0, activeUnits)) / total : 0,
  };
}

/** @param eigenvalues eigenvalues of a correlation matrix of `rows` rows */
function predictActiveUnits(eigenvalues: Float64Array, rows: number, beta = 1): number {
  const noiseEdge = (1 + Math.sqrt(eigenvalues.length / rows)) ** 2;
  return eigenvalues.filter((each) => each > Math.max(beta, noiseEdge)).length;
}

/**
 * The spectrum of the ranks of the numeric columns that vary and are not duplicates; undefined if there are fewer than
 * two, or too many.
 */
export function spectrumOfTable(
  cells: Cells,
  schema: readonly ColumnSchema[],
  { constant, empty, duplicates }: ColumnFacts,
): Spectrum | undefined {
  const uninformative = new Set([...constant, ...empty, ...duplicates.map(([name]) => name)]);
  const varying = schema.map((_, c) => c)
    .filter((c) => !hasLevels(schema[c].kind) && !uninformative.has(schema[c].name));
  return varying.length > 1 && varying.length <= MAX_COLUMNS
    ? spectrumOf(standardizedRanks(cells, schema.length, varying))
    : undefined;
}

/**
 * Standardised ranks of some columns, with the middle rank for missing cells. Ranks, because a single cell of 900 among
 * values around ten would hide every correlation of its column.
 */
function standardizedRanks(cells: Cells, width: number, columns: readonly number[]): Matrix {
  const { data, rows } = cells;
  const ranks = new Float64Array(rows * columns.length);
  columns.forEach((c, to) => {
    const sorted = sortedValues(cells, width, c);
    for (let r = 0; r < rows; r++) {
      const value = data[r * width + c];
      ranks[r * columns.length + to] = Number.isNaN(value)
        ? sorted.length / 2
        : (countBelow(sorted, value, false) + countBelow(sorted, value, true)) / 2;
    }
  });
  const ranked = { data: ranks, rows };
  return standardize(ranked, standardizationOf(ranked, columns.length));
}

/**
 * That a table would use no dimensions. Of columns of levels, which may relate to numbers, the spectrum knows nothing.
 */
export function collapseWarnings(
  spectrum: Spectrum | undefined,
  schema: readonly ColumnSchema[],
): string[] {
  if (!spectrum || spectrum.activeUnits > 0) return [];
  return [
    schema.some(({ levels = [] }) => levels.length > 1)
      ? "the columns of numbers are not linearly correlated with each other: unless they are related in another way, or to the other columns, each is scored by itself"
      : "the columns are not linearly correlated: unless they are related in another way, each column is scored by itself",
  ];
}
