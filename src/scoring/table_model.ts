/**
 * What a detector has beside its VAE, and how its file holds it:
 *
 *   table                           JSON: columns, falseAlarmRate, warnings
 *   table.centre, .scale            F64 [columns], of a window's cells where rows are steps
 *   table.typical                   F64 [columns]
 *   table.calibration               F64 [rows kept back]
 *   table.stream                    F64 [windows kept back]
 *   ensemble, ensemble.…            the default score, where it is not the VAE's own: `ensemble/ensemble_file.ts`
 *
 * Reading refuses whatever scoring could not use.
 */
import { requireNumber, requireObject } from "../core/validate.ts";
import type { Tensor } from "../formats/safetensors.ts";
import { Calibration } from "./calibration.ts";
import { fixedColumns } from "./data_rule.ts";
import type { EnsembleModel } from "./ensemble/ensemble.ts";
import { ensembleOf, ensembleTensors } from "./ensemble/ensemble_file.ts";
import { areFinite } from "./finite.ts";
import {
  blamingFile,
  type ModelFile,
  ModelFileError,
  parameterValues,
  requireKind,
  specOf,
  STREAM_TENSOR,
  TABLE_TENSORS,
} from "./model_file.ts";
import { parametersOf } from "../models/vae_graph.ts";
import { limits, type Standardization } from "./standardize.ts";
import { columnsFault } from "./table_rows.ts";

/** What a table model has beyond its VAE. */
export interface TableModel {
  /** Names, in order. */
  readonly columns: readonly string[];
  /**
   * What brings cells to zero mean and unit variance; beside an ensemble, whose views do that in their own
   * way, the usual centre and spread of each column.
   */
  readonly standardization: Standardization;
  /** What scores the rows; the VAE by itself where absent. */
  readonly ensemble?: EnsembleModel;
  /** Steps of a window, where rows are the consecutive steps of a series. */
  readonly window?: number;
  /** Scores of the rows kept back. */
  readonly calibration: Calibration;
  /** Of a series: scores of the single windows kept back, by which a stream is judged. */
  readonly streamCalibration?: Calibration;
  /** Mean raw contribution of each column over the calibration rows. */
  readonly typical: Float64Array;
  /** The share of normal rows that may be flagged. */
  readonly falseAlarmRate: number;
  /** What a user should know about the fit. */
  readonly warnings: readonly string[];
}

/** Steps of a window, at most. */
export const MAX_WINDOW = 10_000;

/** The JSON part of a file. */
export function tableMetadata(model: TableModel): unknown {
  const { columns, falseAlarmRate, warnings, window } = model;
  return { columns, falseAlarmRate, warnings, ...(window && { window }) };
}

/** The vectors of a file, and the tensors of its ensemble. */
export function tableTensors(model: TableModel): [string, Tensor][] {
  const { standardization: { centre, scale }, typical, calibration: { scores } } = model;
  const vectors = [centre, scale, typical, scores].map((data, i): [string, Tensor] => [
    TABLE_TENSORS[i],
    { dtype: "F64", shape: [data.length], data },
  ]);
  if (model.streamCalibration) {
    const data = model.streamCalibration.scores;
    vectors.push([STREAM_TENSOR, { dtype: "F64", shape: [data.length], data }]);
  }
  return model.ensemble ? [...vectors, ...ensembleTensors(model.ensemble)] : vectors;
}

/** @throws ModelFileError if the file lacks what a detector needs, or holds what it cannot use */
export function tableModelOf(file: ModelFile): TableModel {
  requireKind(file, ["detector"]);
  return blamingFile(() => {
    const spec = specOf(file);
    const keys = ["columns", "falseAlarmRate", "warnings", "window"];
    const table = requireObject("table", file.metadata.table, keys);
    if (spec.condition > 0) throw fault("a detector has no condition");
    const isEnsemble = file.metadata.ensemble !== undefined;
    const columns = readColumns(
      table.columns,
      isEnsemble || table.window !== undefined ? undefined : spec.inputs,
    );
    const window = readWindow(table.window);
    const width = columns.length * (window ?? 1);
    if (!isEnsemble && width !== spec.inputs) {
      throw fault(`the columns of a window must be ${spec.inputs}: current value is ${width}`);
    }
    const first = parameterValues(file, parametersOf(spec));
    const ensemble = ensembleOf(file, width, first);
    const [centre, scale] = TABLE_TENSORS.slice(0, 2).map((name) => readVector(file, name, width));
    const typical = readVector(file, "table.typical", columns.length);
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
    const standardization = { centre, scale, limit: limits(width, fixed) };
    const model = { columns, standardization, calibration, typical, falseAlarmRate, warnings };
    const series = window === undefined
      ? undefined
      : { window, streamCalibration: new Calibration(readVector(file, STREAM_TENSOR)) };
    return { ...model, ...(ensemble && { ensemble }), ...series };
  });
}

function readColumns(value: unknown, inputs: number | undefined): readonly string[] {
  const wrong = columnsFault(value);
  if (wrong !== undefined) throw fault(`table: ${wrong}`);
  const columns = value as readonly string[];
  if (inputs === undefined || columns.length === inputs) return columns;
  throw fault(`table.columns must be ${inputs} names: current value is ${columns.length}`);
}

function readWindow(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  return requireNumber("table.window", value, { min: 2, max: MAX_WINDOW, integer: true });
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
