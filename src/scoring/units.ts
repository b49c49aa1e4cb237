/**
 * Between the rows that callers send and the rows that the VAE sees. A table's columns are
 * standardised on the way in and brought back to the units of the table on the way out; the rows of
 * a bare VAE pass as they are, and its columns are called x0, x1, …
 */
import { type Matrix, MAX_FLOAT32 } from "./matrix.ts";
import { type Cells, logJacobian, restore, standardize } from "./standardize.ts";
import { MAX_CELL } from "./table_rows.ts";
import type { TableScorer } from "./table_scorer.ts";
import type { TrainedVae } from "./trained_vae.ts";

/** A trained model: a scorer of tables (any `Detector` is one), or a bare VAE (any `VAE`). */
export type Model = TableScorer | TrainedVae;

export interface Units {
  readonly columns: readonly string[];
  /** The least value that a cell may have. */
  readonly least: number;
  /** The largest. */
  readonly largest: number;
  /** ln |ds/dx| for the VAE's row s and the caller's row x, nats. */
  readonly logJacobian: number;
  toVae(cells: Cells): Matrix;
  fromVae(matrix: Matrix): Cells;
}

export function isTable(model: Model): model is TableScorer {
  return "vae" in model;
}

export function vaeOf(model: Model): TrainedVae {
  return isTable(model) ? model.vae : model;
}

/** Made once a model: a server asks for them at every request. */
const UNITS = new WeakMap<Model, Units>();

/** The units of a model's rows. */
export function unitsOf(model: Model): Units {
  const units = UNITS.get(model) ?? makeUnits(model);
  UNITS.set(model, units);
  return units;
}

function makeUnits(model: Model): Units {
  const { inputs, likelihood } = vaeOf(model).spec;
  const probabilities = likelihood.type === "bernoulli" && { least: 0, largest: 1 };
  if (!isTable(model)) return { ...plainUnits("x", inputs), ...probabilities };
  const { columns, standardization } = model;
  return {
    columns,
    least: -MAX_CELL,
    largest: MAX_CELL,
    ...probabilities,
    logJacobian: logJacobian(standardization),
    toVae: (cells) => standardize(cells, standardization),
    fromVae: (matrix) => restore(matrix, standardization),
  };
}

/** The units of its latent variables: none, for any model. */
export function latentUnits(model: Model): Units {
  return plainUnits("z", vaeOf(model).spec.latent[0].size);
}

function plainUnits(letter: string, width: number): Units {
  return {
    columns: Array.from({ length: width }, (_, c) => `${letter}${c}`),
    least: -MAX_FLOAT32,
    largest: MAX_FLOAT32,
    logJacobian: 0,
    toVae: ({ data, rows }) => ({ data: Float32Array.from(data), shape: [rows, width] }),
    fromVae: ({ data, shape: [rows] }) => ({ data: Float64Array.from(data), rows }),
  };
}
