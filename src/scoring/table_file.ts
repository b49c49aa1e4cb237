/**
 * The part of a detector's file in addition to its VAE:
 *
 *   table                   JSON: columns, falseAlarmRate, warnings, calibrationWarnings, if there are any; a column is
 *                           its schema, or only the name if it is numeric; logs, if positive columns are logarithms;
 *                           categories, if there are any: "last", after all other columns of the VAE, and as points
 *                           in the views of an ensemble
 *   table.centre, .scale    F64 [columns of the VAE]
 *   table.typical           F64 [columns], for a series [cells of a window]
 *   table.costs             F64 [columns], for a single network of whole rows
 *   table.impossible        F64 [columns], if a kind rules out cells: `table/impossible.ts`
 *   table.calibration       F32 [held-out rows]; F64 in older files
 *   table.sketches          F64 [columns, SKETCH_WIDTH]: `detection/drift/sketch.ts`; JSON: sketchedRows, levelRows
 *   table.stream            F32 [held-out windows], for a series; F64 in older files
 *   ensemble, ensemble.…    what scores the rows instead of the VAE, if present: `ensemble/ensemble_file.ts`
 *
 * Reading rejects everything that scoring could not use.
 */
import { requireNumber, requireObject } from "../core/validate.ts";
import type { Tensor } from "../formats/safetensors/safetensors.ts";
import { parametersOf } from "../models/vae_graph.ts";
import { fixedColumns } from "../trained/rows/data_rule.ts";
import {
  OPTIONAL_PARTS,
  parameterValues,
  SKETCH_TENSOR,
  STREAM_TENSOR,
  TABLE_TENSORS,
} from "../trained/file/file_contents.ts";
import { areFinite } from "../trained/finite.ts";
import {
  asModelFileError,
  type ModelFile,
  ModelFileError,
  requireKind,
  specOf,
  type UnpackedFile,
} from "../trained/file/model_file.ts";
import { Calibration } from "./decisions/calibration.ts";
import { ensembleMetadata, ensembleOf, ensembleTensors } from "./ensemble/ensemble_file.ts";
import { Expansion } from "./table/expansion.ts";
import { type ColumnSchema, parseSchema } from "./table/schema.ts";
import { limits, type Standardization } from "./table/standardize.ts";
import {
  MAX_WINDOW,
  rowSchema,
  type SeriesClock,
  SKETCH_WIDTH,
  type TableModel,
  type TableSketch,
} from "./table_model.ts";

/** The contents of a file: those of its VAE, and what the model adds. */
export function detectorFile({ metadata, tensors }: UnpackedFile, model: TableModel): ModelFile {
  const { ensemble } = model;
  return {
    kind: "detector",
    metadata: {
      ...metadata,
      table: tableMetadata(model),
      ...(ensemble && { ensemble: ensembleMetadata(ensemble) }),
    },
    tensors: new Map([...tensors, ...tableTensors(model)]),
    // The numbers of an ensemble fit into halves exactly.
    format: model.format ?? (ensemble ? "f16" : "f32"),
  };
}

/** The JSON part of a file. */
function tableMetadata(model: TableModel): unknown {
  const {
    schema,
    falseAlarmRate,
    warnings,
    calibrationWarnings,
    window,
    clock,
    by,
    sketch,
    expansion,
  } = model;
  const { logs } = expansion;
  const missing = sharedMissing(schema);
  const columns = schema.map(({ missing: own, ...column }) =>
    column.kind !== "numeric" || column.format || (own && !missing)
      ? { ...column, ...(own && !missing && { missing: own }) }
      : column.name
  );
  const decisions = {
    ...{ falseAlarmRate, warnings },
    ...(calibrationWarnings.length > 0 && { calibrationWarnings }),
    ...(sketch && { sketchedRows: sketch.rows, levelRows: sketch.levelRows }),
  };
  const layout = { ...(logs && { logs }), ...(expansion.hasCategories && { categories: "last" }) };
  const series = {
    ...(window && { window }),
    ...(clock && { clock }),
    ...(by !== undefined && { by }),
  };
  return { columns, ...(missing && { missing }), ...decisions, ...series, ...layout };
}

/** What stands for a missing value, if it is the same in all columns: a file then lists it once. */
function sharedMissing(schema: readonly ColumnSchema[]): readonly string[] | undefined {
  const [{ missing }] = schema, text = JSON.stringify(missing);
  return schema.every((column) => JSON.stringify(column.missing) === text) ? missing : undefined;
}

/** The vectors of a file, and the tensors of its ensemble. */
export function tableTensors(model: TableModel): [string, Tensor][] {
  const { standardization: { centre, scale }, typical, calibration, streamCalibration } = model;
  const vectors = [centre, scale, typical].map((data, i): [string, Tensor] => [
    TABLE_TENSORS[i],
    { dtype: "F64", shape: [data.length], data },
  ]);
  const keep = (name: string, { scores }: Calibration) =>
    vectors.push([name, { dtype: "F32", shape: [scores.length], data: Float32Array.from(scores) }]);
  keep(TABLE_TENSORS[3], calibration);
  if (model.sketch) {
    const shape = [model.schema.length, SKETCH_WIDTH];
    vectors.push([SKETCH_TENSOR, { dtype: "F64", shape, data: model.sketch.data }]);
  }
  for (const part of OPTIONAL_PARTS) {
    const data = model[part];
    if (data) vectors.push([`table.${part}`, { dtype: "F64", shape: [data.length], data }]);
  }
  if (streamCalibration) keep(STREAM_TENSOR, streamCalibration);
  return model.ensemble ? [...vectors, ...ensembleTensors(model.ensemble)] : vectors;
}

/** @throws ModelFileError if the file lacks what a detector needs, or holds something unusable */
export function tableModelOf(file: ModelFile): TableModel {
  requireKind(file, ["detector"]);
  return asModelFileError(() => {
    const spec = specOf(file);
    const keys = [
      "columns",
      "missing",
      "falseAlarmRate",
      "warnings",
      "calibrationWarnings",
      "window",
    ];
    const known = [...keys, "clock", "by", "sketchedRows", "levelRows", "logs", "categories"];
    const table = requireObject("table", file.metadata.table, known);
    if (spec.condition > 0) throw new ModelFileError("a detector has no condition");
    const schema = readColumns(table.columns, table.missing);
    const window = readWindow(table.window, schema.length);
    const cells = schema.length * (window ?? 1);
    const expansion = new Expansion(rowSchema(schema, window), table.logs === true);
    if (expansion.hasCategories && table.categories !== "last") {
      throw new ModelFileError("an older release fitted its categories: fit the detector again");
    }
    const ensemble = ensembleOf(file, cells, parameterValues(file, parametersOf(spec)));
    if (!ensemble && expansion.width !== spec.inputs) {
      throw new ModelFileError(
        `table.columns must come to ${spec.inputs} inputs, got ${expansion.width}`,
      );
    }
    const fixed = ensemble ? [] : fixedColumns(spec);
    const sketch = readSketch(file, table, schema.length), { format } = file;
    return {
      ...{ schema, expansion, ...(ensemble && { ensemble }) },
      standardization: readStandardization(file, expansion.width, fixed),
      typical: readVector(file, "table.typical", cells),
      ...readOptional(file, "costs", cells),
      ...readOptional(file, "impossible", schema.length),
      ...readDecisions(file, table),
      ...(window && { window, streamCalibration: readCalibration(file, STREAM_TENSOR) }),
      ...(table.clock !== undefined && { clock: readClock(table.clock) }),
      ...(table.by !== undefined && { by: `${table.by}` }),
      ...(sketch && { sketch }),
      ...(format && { format }),
    };
  });
}

/** @param fixed the likelihood of each column that is not standardised */
function readStandardization(
  file: ModelFile,
  columns: number,
  fixed: ReturnType<typeof fixedColumns>,
): Standardization {
  const [centre, scale] = TABLE_TENSORS.slice(0, 2)
    .map((name) => readVector(file, name, columns));
  if (!scale.every((each) => each > 0)) throw new ModelFileError("table.scale must be above 0");
  const changed = fixed.find((likelihood, c) => likelihood && (centre[c] !== 0 || scale[c] !== 1));
  if (changed) throw new ModelFileError(`a ${changed} likelihood allows no standardisation`);
  return { centre, scale, limit: limits(columns, fixed) };
}

/** The calibration, and what rests on it. */
function readDecisions(
  file: ModelFile,
  table: Readonly<Record<string, unknown>>,
): Pick<TableModel, "calibration" | "falseAlarmRate" | "warnings" | "calibrationWarnings"> {
  const calibration = readCalibration(file, "table.calibration");
  const falseAlarmRate = requireNumber("table.falseAlarmRate", table.falseAlarmRate);
  calibration.requireRate(falseAlarmRate);
  return {
    ...{ calibration, falseAlarmRate },
    warnings: readWarnings("warnings", table.warnings),
    calibrationWarnings: readWarnings("calibrationWarnings", table.calibrationWarnings ?? []),
  };
}

function readCalibration(file: ModelFile, name: string): Calibration {
  return new Calibration(readVector(file, name));
}

function readOptional(file: ModelFile, part: typeof OPTIONAL_PARTS[number], length: number) {
  const name = `table.${part}`;
  return file.tensors.has(name) && { [part]: readVector(file, name, length) };
}

/** @param missing what stands for a missing value in every column, if it is listed once */
function readColumns(value: unknown, missing: unknown): ColumnSchema[] {
  const columns = Array.isArray(value)
    ? value.map((each) => {
      const column = typeof each === "string" ? { name: each, kind: "numeric" } : each;
      return missing === undefined ? column : { ...column, missing };
    })
    : value;
  return parseSchema("table.columns", columns);
}

/** Maximum number of cells in a window: the inputs of a network. */
const MAX_CELLS = 65_536;

function readWindow(value: unknown, columns: number): number | undefined {
  if (value === undefined) return undefined;
  const window = requireNumber("table.window", value, { min: 2, max: MAX_WINDOW, integer: true });
  if (window * columns <= MAX_CELLS) return window;
  throw new ModelFileError(`a window has at most ${MAX_CELLS} cells, got ${window * columns}`);
}

function readClock(value: unknown): SeriesClock {
  const { column, spacing } = requireObject("table.clock", value, ["column", "spacing"]);
  return {
    column: parseSchema("table.clock", [column])[0],
    spacing: requireNumber("table.clock", spacing, { min: 0 }),
  };
}

function readVector({ tensors }: ModelFile, name: string, length?: number): Float64Array {
  const { data, shape } = tensors.get(name) ?? {};
  const isFloat = data instanceof Float64Array || data instanceof Float32Array;
  const right = isFloat && shape?.length === 1 && (length === undefined || data.length === length);
  if (right && areFinite(data)) return Float64Array.from(data);
  throw new ModelFileError(`"${name}" must be finite numbers [${length ?? "calibration rows"}]`);
}

function readSketch(
  file: ModelFile,
  { sketchedRows: rows, levelRows }: Readonly<Record<string, unknown>>,
  columns: number,
): TableSketch | undefined {
  const { data, shape } = file.tensors.get(SKETCH_TENSOR) ?? {};
  if (data === undefined && rows === undefined) return undefined;
  const right = data instanceof Float64Array && shape?.length === 2 && shape[0] === columns &&
    shape[1] === SKETCH_WIDTH;
  if (!right || !areFinite(data)) {
    throw new ModelFileError(
      `"${SKETCH_TENSOR}" must be finite float64 [${columns}, ${SKETCH_WIDTH}]`,
    );
  }
  const count = (name: string, value: unknown) =>
    requireNumber(`table.${name}`, value, { min: 1, integer: true });
  return {
    data,
    rows: count("sketchedRows", rows),
    ...(levelRows !== undefined && { levelRows: count("levelRows", levelRows) }),
  };
}

function readWarnings(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw new ModelFileError(`table.${name} must be a list of texts`);
}
