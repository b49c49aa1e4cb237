/**
 * Between the rows that callers send and the rows that the VAE sees. A table's columns are
 * standardised on the way in and brought back to the units of the table on the way out; the rows of
 * a bare VAE pass as they are, and its columns are called as its spec names them, or x0, x1, …; a conditional
 * one takes its condition behind them, c0, c1, …
 */
import { oncePer } from "../core/once_per.ts";
import type { RbmSpec } from "../models/rbm.ts";
import type { ModelSpec } from "../models/spec.ts";
import { latentSize } from "../models/spec.ts";
import { type CellFault, findFault } from "../trained/rows/data_rule.ts";
import { MAX_FLOAT32 } from "../trained/finite.ts";
import type { Matrix } from "../trained/rows/matrix.ts";
import type { SampleOptions } from "../trained/calls/sampling.ts";
import { type ColumnSchema, numericSchema } from "./table/schema.ts";
import type { Cells } from "./table/cells.ts";
import { MAX_CELL } from "./table/table_rows.ts";
import type { TableScorer } from "./table_scorer.ts";
import type { TrainedVae } from "../trained/trained_vae.ts";

/** A trained model: a scorer of tables (any `Detector` is one), or a bare VAE (any `VAE`). */
export type Model = TableScorer | TrainedVae;

export interface Units {
  readonly columns: readonly string[];
  /** By what names files have them, if the model knows: a class as one column, its last. */
  readonly names?: readonly string[];
  /** What the columns are; absent where a cell is a number, and there. */
  readonly schema?: readonly ColumnSchema[];
  /** How many of the columns, from the first, may lack a cell. */
  readonly missing: number;
  /** How many of the columns, the last ones, a row may leave out all at once: a class that is not known. */
  readonly optional?: number;
  /** Columns of rows that the model makes: all but the condition. */
  readonly made: readonly string[];
  /** The largest magnitude that a cell may have. */
  readonly largest: number;
  /** What one unit of the VAE is in each column. */
  readonly scale: Float64Array;
  /** The first cell within this limit that the likelihood cannot take, if there is one. */
  fault(cells: Cells): CellFault | undefined;
  /** ln |ds/dx| for each of the caller's rows x and the VAE's row s, nats. */
  logJacobians(cells: Cells): Float64Array;
  toVae(cells: Cells): Matrix;
  fromVae(matrix: Matrix): Cells;
}

export function isTable(model: Model): model is TableScorer {
  return "vae" in model;
}

export function vaeOf(model: Model): TrainedVae {
  return isTable(model) ? model.vae : model;
}

/** New rows in the units of its table, `first` to `first + count - 1` of those that the seed makes. */
export function drawRows(model: Model, first: number, count: number, given: SampleOptions): Cells {
  if (isTable(model)) return model.drawFrom(first, count, given);
  return unitsOf(model).fromVae(model.onHost.draw(first, count, given));
}

/** The units of a model's rows. A server asks for them at every request. */
export const unitsOf: (model: Model) => Units = oncePer(makeUnits);

function makeUnits(model: Model): Units {
  const { spec } = vaeOf(model);
  const fault = ({ data }: Cells) => findFault(spec, data, spec.inputs + spec.condition);
  if (!isTable(model)) {
    const plain = { ...rowUnits(spec, spec.condition), fault };
    const units = spec.classifier ? { ...plain, optional: spec.condition } : plain;
    if (!spec.missing) return units;
    return { ...units, schema: numericSchema(units.columns), missing: spec.inputs };
  }
  return {
    columns: model.columns,
    names: model.columns,
    schema: model.schema,
    missing: model.columns.length,
    made: model.columns,
    largest: MAX_CELL,
    scale: model.scale,
    fault: (cells) => model.findFault(cells),
    logJacobians: (cells) => model.logJacobians(cells),
    toVae: (cells) => model.toVae(cells),
    fromVae: (matrix) => model.fromVae(matrix),
  };
}

/** The units of rows that the VAE itself shall see: of those with missing cells it may take none. */
export function vaeUnits(model: Model): Units {
  const units = unitsOf(model);
  return isTable(model) && !model.takesMissing ? { ...units, missing: 0 } : units;
}

/** The units of rows with a density: that of a table is one of whole rows. */
export function densityUnits(model: Model): Units {
  const units = unitsOf(model);
  return isTable(model) ? { ...units, missing: 0 } : units;
}

/** The units of x alone, where a conditional model is asked without its condition. */
export function dataUnits(model: Model): Units {
  const { spec } = vaeOf(model);
  if (spec.condition === 0) return unitsOf(model);
  return { ...rowUnits(spec, 0), fault: ({ data }) => findFault(spec, data) };
}

/** The units of its latent variables: none, for any model. */
export function latentUnits(model: Model): Units {
  const { spec } = vaeOf(model);
  return plainUnits("z", latentSize(spec), spec.condition);
}

/** The units of rows of a Boltzmann machine: 0, 1 and what is between. */
export function rbmUnits({ visible, columns: names }: RbmSpec): Units {
  return {
    ...plainUnits("x", visible, 0),
    ...(names && { columns: names, made: names, names }),
    fault({ data }) {
      const at = data.findIndex((value) => !(value >= 0 && value <= 1));
      if (at < 0) return undefined;
      const row = Math.floor(at / visible), column = at % visible, value = data[at];
      return { row, column, value, likelihood: "Boltzmann machine", needs: "a value from 0 to 1" };
    },
  };
}

/** The units of rows of x, and of so many columns of its condition. */
function rowUnits({ inputs, classifier, columns: names }: ModelSpec, condition: number): Units {
  const plain = plainUnits("x", inputs, condition);
  if (!names) return plain;
  const made = names.slice(0, inputs);
  const behind = classifier ? plain.columns.slice(inputs) : names.slice(inputs, inputs + condition);
  return { ...plain, columns: [...made, ...behind], made, names };
}

function plainUnits(letter: string, size: number, condition: number): Units {
  const made = named(letter, size), width = size + condition;
  return {
    columns: [...made, ...named("c", condition)],
    missing: 0,
    made,
    largest: MAX_FLOAT32,
    scale: new Float64Array(width).fill(1),
    fault: () => undefined,
    logJacobians: ({ rows }) => new Float64Array(rows),
    toVae: ({ data, rows }) => ({ data: new Float32Array(data), shape: [rows, width] }),
    fromVae: ({ data, shape: [rows] }) => ({ data: new Float64Array(data), rows }),
  };
}

function named(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, c) => `${letter}${c}`);
}
