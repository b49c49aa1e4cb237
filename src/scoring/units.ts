/**
 * Converts between callers' rows and inputs and outputs of the VAE. A table's columns are standardised on the way in
 * and converted back to the units of the table on the way out. The rows of a bare VAE are not converted; its columns
 * have the names in its spec, or x0, x1, …, followed by c0, c1, … for the condition of a conditional model.
 */
import { memoize } from "../core/memoize.ts";
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

/** A trained model: a scorer of tables (including any `Detector`), or a bare VAE (including any `VAE`). */
export type Model = TableScorer | TrainedVae;

export interface Units {
  readonly columns: readonly string[];
  /** Column names in files, if the model knows them; a class is one column, the last. */
  readonly names?: readonly string[];
  /** The columns' kinds; absent if all cells are numbers and none may be missing. */
  readonly schema?: readonly ColumnSchema[];
  /** How many columns, from the first, may have missing cells. */
  readonly missing: number;
  /** How many columns, at the end, a row may omit together: an unknown class. */
  readonly optional?: number;
  /** Columns of rows that the model generates: all except the condition. */
  readonly generated: readonly string[];
  /** The largest magnitude of a cell. */
  readonly maxMagnitude: number;
  /** The size of one unit of the VAE in each column. */
  readonly scale: Float64Array;
  /** The first cell within this limit that the likelihood does not accept, if there is one. */
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

/** New rows in the units of the table, `first` to `first + count - 1` of those that the seed determines. */
export function drawRows(
  model: Model,
  first: number,
  count: number,
  options: SampleOptions,
): Cells {
  if (isTable(model)) return model.drawFrom(first, count, options);
  return unitsOf(model).fromVae(model.onHost.draw(first, count, options));
}

/** The units of a model's rows. Cached, because a server needs them in every request. */
export const unitsOf: (model: Model) => Units = memoize(makeUnits);

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
    generated: model.columns,
    maxMagnitude: MAX_CELL,
    scale: model.scale,
    fault: (cells) => model.findFault(cells),
    logJacobians: (cells) => model.logJacobians(cells),
    toVae: (cells) => model.toVae(cells),
    fromVae: (matrix) => model.fromVae(matrix),
  };
}

/** The units of rows passed directly to the VAE, which may not accept missing cells. */
export function vaeUnits(model: Model): Units {
  const units = unitsOf(model);
  return isTable(model) && !model.takesMissing ? { ...units, missing: 0 } : units;
}

/** The units of rows with a density; for a table, rows must be whole. */
export function densityUnits(model: Model): Units {
  const units = unitsOf(model);
  return isTable(model) ? { ...units, missing: 0 } : units;
}

/** The units of x alone, for calls to a conditional model without its condition. */
export function dataUnits(model: Model): Units {
  const { spec } = vaeOf(model);
  if (spec.condition === 0) return unitsOf(model);
  return { ...rowUnits(spec, 0), fault: ({ data }) => findFault(spec, data) };
}

/** The units of latent variables: plain numbers, for any model. */
export function latentUnits(model: Model): Units {
  const { spec } = vaeOf(model);
  return plainUnits("z", latentSize(spec), spec.condition);
}

/** The units of rows of a Boltzmann machine: values from 0 to 1. */
export function rbmUnits({ visible, columns: names }: RbmSpec): Units {
  return {
    ...plainUnits("x", visible, 0),
    ...(names && { columns: names, generated: names, names }),
    fault({ data }) {
      const at = data.findIndex((value) => !(value >= 0 && value <= 1));
      if (at < 0) return undefined;
      const row = Math.floor(at / visible), column = at % visible, value = data[at];
      return { row, column, value, likelihood: "Boltzmann machine", needs: "a value from 0 to 1" };
    },
  };
}

/** The units of rows of x, followed by `condition` columns of its condition. */
function rowUnits({ inputs, classifier, columns: names }: ModelSpec, condition: number): Units {
  const plain = plainUnits("x", inputs, condition);
  if (!names) return plain;
  const generated = names.slice(0, inputs);
  const conditionColumns = classifier
    ? plain.columns.slice(inputs)
    : names.slice(inputs, inputs + condition);
  return { ...plain, columns: [...generated, ...conditionColumns], generated, names };
}

function plainUnits(letter: string, size: number, condition: number): Units {
  const generated = named(letter, size), width = size + condition;
  return {
    columns: [...generated, ...named("c", condition)],
    missing: 0,
    generated,
    maxMagnitude: MAX_FLOAT32,
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
