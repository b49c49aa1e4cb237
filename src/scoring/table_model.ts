/**
 * What a detector has beside its VAE, and how its file holds it:
 *
 *   table                   JSON: columns, falseAlarmRate, warnings; a column is its schema, or a numeric
 *                           one's name alone
 *   table.centre, .scale    F64 [columns of the VAE]
 *   table.typical           F64 [columns]
 *   table.calibration       F64 [rows kept back]
 *   ensemble, ensemble.…    what scores the rows, where that is not the VAE: `ensemble/ensemble_file.ts`
 *
 * Reading refuses whatever scoring could not use.
 */
import { requireNumber, requireObject } from "../core/validate.ts";
import type { Tensor } from "../formats/safetensors.ts";
import { Calibration } from "./calibration.ts";
import { fixedColumns } from "./data_rule.ts";
import type { EnsembleModel } from "./ensemble/ensemble.ts";
import { ensembleOf, ensembleTensors } from "./ensemble/ensemble_file.ts";
import { Expansion } from "./expansion.ts";
import { areFinite } from "./finite.ts";
import {
  blamingFile,
  type ModelFile,
  ModelFileError,
  parameterValues,
  requireKind,
  specOf,
  TABLE_TENSORS,
} from "./model_file.ts";
import { parametersOf } from "../models/vae_graph.ts";
import { limits, type Standardization } from "./standardize.ts";
import { type ColumnSchema, parseSchema } from "./schema.ts";

/** What a table model has beyond its VAE. */
export interface TableModel {
  /** What its columns are, in order. */
  readonly schema: readonly ColumnSchema[];
  /** What the VAE has for them. */
  readonly expansion: Expansion;
  /** What brings cells to zero mean and unit variance. */
  readonly standardization: Standardization;
  /** What scores the rows; the VAE by itself where absent. */
  readonly ensemble?: EnsembleModel;
  /** Scores of the rows kept back. */
  readonly calibration: Calibration;
  /** Mean raw contribution of each column over the calibration rows. */
  readonly typical: Float64Array;
  /** The share of normal rows that may be flagged. */
  readonly falseAlarmRate: number;
  /** What a user should know about the fit. */
  readonly warnings: readonly string[];
}

/** The JSON part of a file. */
export function tableMetadata({ schema, falseAlarmRate, warnings }: TableModel): unknown {
  const columns = schema.map((column) => column.kind === "numeric" ? column.name : column);
  return { columns, falseAlarmRate, warnings };
}

/** The vectors of a file, and the tensors of its ensemble. */
export function tableTensors(model: TableModel): [string, Tensor][] {
  const { standardization: { centre, scale }, typical, calibration: { scores } } = model;
  const vectors = [centre, scale, typical, scores].map((data, i): [string, Tensor] => [
    TABLE_TENSORS[i],
    { dtype: "F64", shape: [data.length], data },
  ]);
  return model.ensemble ? [...vectors, ...ensembleTensors(model.ensemble)] : vectors;
}

/** @throws ModelFileError if the file lacks what a detector needs, or holds what it cannot use */
export function tableModelOf(file: ModelFile): TableModel {
  requireKind(file, ["detector"]);
  return blamingFile(() => {
    const spec = specOf(file);
    const keys = ["columns", "falseAlarmRate", "warnings"];
    const table = requireObject("table", file.metadata.table, keys);
    if (spec.condition > 0) throw fault("a detector has no condition");
    const schema = readColumns(table.columns);
    const expansion = new Expansion(schema);
    const first = parameterValues(file, parametersOf(spec));
    const ensemble = ensembleOf(file, schema.length, first);
    if (!ensemble && expansion.width !== spec.inputs) {
      throw fault(
        `table.columns must come to ${spec.inputs} inputs: current value is ${expansion.width}`,
      );
    }
    const [centre, scale] = TABLE_TENSORS.slice(0, 2).map((name) =>
      readVector(file, name, expansion.width)
    );
    const typical = readVector(file, "table.typical", schema.length);
    if (!scale.every((each) => each > 0)) throw fault("table.scale must be above 0");
    const fixed = ensemble ? [] : fixedColumns(spec);
    const changed = fixed.find((likelihood, c) =>
      likelihood && (centre[c] !== 0 || scale[c] !== 1)
    );
    if (changed) throw fault(`a ${changed} likelihood allows no standardisation`);
    const calibration = new Calibration(readVector(file, "table.calibration"));
    const falseAlarmRate = requireNumber("table.falseAlarmRate", table.falseAlarmRate);
    calibration.requireRate(falseAlarmRate);
    const warnings = readWarnings(table.warnings);
    const standardization = { centre, scale, limit: limits(expansion.width, fixed) };
    const decisions = { calibration, typical, falseAlarmRate, warnings };
    return { schema, expansion, standardization, ...decisions, ...(ensemble && { ensemble }) };
  });
}

function readColumns(value: unknown): ColumnSchema[] {
  const columns = Array.isArray(value)
    ? value.map((each) => typeof each === "string" ? { name: each, kind: "numeric" } : each)
    : value;
  return parseSchema("table.columns", columns);
}

function readVector({ tensors }: ModelFile, name: string, length?: number): Float64Array {
  const { data, shape } = tensors.get(name) ?? {};
  const right = data instanceof Float64Array && shape?.length === 1 &&
    (length === undefined || data.length === length);
  if (right && areFinite(data)) return data;
  throw fault(`"${name}" must be finite float64 [${length ?? "calibration rows"}]`);
}

function readWarnings(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw fault("table.warnings must be a list of texts");
}

function fault(what: string): ModelFileError {
  return new ModelFileError(`Cannot read model: ${what}`);
}
