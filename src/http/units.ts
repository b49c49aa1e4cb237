/**
 * Between the rows that callers send and the rows that the VAE sees. A table's columns are
 * standardised on the way in and brought back to the units of the table on the way out; the rows of
 * a bare VAE pass as they are, and its columns are called x0, x1, …
 */
import type { Matrix } from "../scoring/matrix.ts";
import { MAX_FLOAT32 } from "../scoring/matrix.ts";
import { type Cells, logJacobian, restore, standardize } from "../scoring/standardize.ts";
import { MAX_CELL } from "../scoring/table_rows.ts";
import type { TableScorer } from "../scoring/table_scorer.ts";
import type { TrainedVae } from "../scoring/trained_vae.ts";
import type { Model } from "./store.ts";

export interface Units {
  readonly columns: readonly string[];
  /** The largest magnitude that a cell may have. */
  readonly largest: number;
  /** ln |d VAE's row / d caller's row|, nats: what a density of the first lacks to be one of the second. */
  readonly logJacobian: number;
  toVae(cells: Cells): Matrix;
  fromVae(matrix: Matrix): Cells;
}

/** The latent space has no other units than the VAE's. */
export const LATENT_LARGEST = MAX_FLOAT32;

export function isTable(model: Model): model is TableScorer {
  return "vae" in model;
}

export function vaeOf(model: Model): TrainedVae {
  return isTable(model) ? model.vae : model;
}

export function unitsOf(model: Model): Units {
  if (!isTable(model)) return plainUnits(columnNames("x", model.spec.inputs));
  const { columns, standardization } = model;
  return {
    columns,
    largest: MAX_CELL,
    logJacobian: logJacobian(standardization),
    toVae: (cells) => standardize(cells, standardization),
    fromVae: (matrix) => restore(matrix, standardization),
  };
}

/** Names by position: x0, x1, … */
export function columnNames(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, c) => `${letter}${c}`);
}

function plainUnits(columns: readonly string[]): Units {
  return {
    columns,
    largest: MAX_FLOAT32,
    logJacobian: 0,
    toVae: ({ data, rows }) => ({ data: Float32Array.from(data), shape: [rows, columns.length] }),
    fromVae: ({ data, shape: [rows] }) => ({ data: Float64Array.from(data), rows }),
  };
}
