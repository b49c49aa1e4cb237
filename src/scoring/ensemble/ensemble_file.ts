/**
 * The part of a detector's file that holds the ensemble. The first member of the first view is the file's VAE.
 *
 *   ensemble                      JSON: statistics, gaps (0 if absent), and the sizes and features of each view
 *   ensemble.VIEW.knots, .points  what the features have many of (`views/feature_file.ts`)
 *   ensemble.VIEW.surprisals      F64 [knots, 2]      curves of the statistics, concatenated
 *   ensemble.VIEW.references      F32 [R, F]          .spread F32 [1, R]
 *   ensemble.codes                U8 [R, C]           levels of C categories, whose features `references` then lacks,
 *                                 [R, F'], in all views (`coded_levels.ts`); absent if there are none
 *   ensemble.VIEW.linear          F32 [F, F]          .precision F32 [1, F]
 *   ensemble.VIEW.MEMBER.NAME     F32                 parameters of the other members
 */
import { requireChoice, requireNumber, requireObject } from "../../core/validate.ts";
import type { Tensor } from "../../formats/safetensors/safetensors.ts";
import { parseSpec } from "../../models/spec.ts";
import { parametersOf } from "../../models/vae_graph.ts";
import { areFinite } from "../../trained/finite.ts";
import { ENSEMBLE_PREFIX, isEnsembleTensor } from "../../trained/file/file_contents.ts";
import { type ModelFile, ModelFileError } from "../../trained/file/model_file.ts";
import { type ReadTensor, requireList, type TensorArrays } from "../file_parts.ts";
import type { Curve } from "../views/curve.ts";
import { knotTensor, readCurves, readShape, shapeOf } from "../views/curve_file.ts";
import { featureMetadata, featureTensors, readFeatures } from "../views/feature_file.ts";
import { type Feature, type View, VIEW_NAMES, type ViewName } from "../views/view.ts";
import { type CodedRows, decodeLevels } from "./coded_levels.ts";
import type { EnsembleModel } from "./ensemble.ts";
import { memberPrefix, type PartSpec } from "./members.ts";
import type { Part } from "./part.ts";
import { withDerived } from "./derived_parameters.ts";
import { STATISTIC_NAMES, type StatisticName } from "./statistics.ts";

/** The ensemble as JSON, without its tensors. */
export function ensembleMetadata({ statistics, parts, gaps }: EnsembleModel): unknown {
  return {
    statistics,
    ...(gaps > 0 && { gaps }),
    parts: parts.map(({ spec: { view: name, members, spec }, view, references, surprisals }) => ({
      view: name,
      members,
      references: references.spread.length,
      ...(references.coded && { coded: references.coded.columns }),
      spec,
      features: featureMetadata(view.features),
      surprisals: curveNames(statistics).map((name) => shapeOf(surprisals[name])),
    })),
  };
}

/** The tensors of an ensemble. */
export function ensembleTensors(
  { statistics, parts, parameters }: EnsembleModel,
): [string, Tensor][] {
  return parts.flatMap((part, p) => {
    const { spec: { view, features, members, spec, references }, surprisals } = part;
    const named = (name: string, tensor: Tensor): [string, Tensor] => [
      `${ENSEMBLE_PREFIX}${view}.${name}`,
      tensor,
    ];
    const f32 = (name: string, shape: number[], data: Float32Array) =>
      named(name, { dtype: "F32", shape, data });
    const memberTensors = parametersOf(spec).flatMap(({ name, rows, cols }) =>
      Array.from({ length: members }, (_, m) => m)
        .filter((m) => p > 0 || m > 0)
        .map((m) =>
          f32(`${m}.${name}`, [rows, cols], parameters.get(memberPrefix(view, m) + name)!)
        )
    );
    const { rows, coded } = part.references, rest = coded?.rest ?? rows;
    return [
      ...featureTensors(part.view.features).map(([name, tensor]) => named(name, tensor)),
      named("surprisals", knotTensor(curveNames(statistics).map((name) => surprisals[name]))),
      f32("references", [references, rest.length / references], rest),
      ...(coded && p === 0 ? [codeTensor(references, coded)] : []),
      f32("spread", [1, references], Float32Array.from(part.references.spread)),
      f32("linear", [features, features], parameters.get(`${view}.linear.weight`)!),
      f32("precision", [1, features], parameters.get(`${view}.precision`)!),
      ...memberTensors,
    ];
  });
}

/** Statistics whose curves a file has: only those with categories have one of levels. */
function curveNames(statistics: readonly StatisticName[]): readonly StatisticName[] {
  return STATISTIC_NAMES.filter((name) => name !== "level" || statistics.includes(name));
}

function codeTensor(references: number, { columns, codes }: CodedRows): [string, Tensor] {
  return [`${ENSEMBLE_PREFIX}codes`, {
    dtype: "U8",
    shape: [references, columns.length],
    data: codes,
  }];
}

/**
 * Reads the ensemble of a file, if it has one.
 * @param first the parameters of the VAE, by name
 * @throws ModelFileError if the file lacks something needed, or holds something unusable
 */
export function ensembleOf(
  file: ModelFile,
  columns: number,
  first: ReadonlyMap<string, Float32Array>,
): EnsembleModel | undefined {
  if (file.metadata.ensemble === undefined) return undefined;
  const fields = requireObject("ensemble", file.metadata.ensemble, [
    "statistics",
    "gaps",
    "parts",
  ]);
  const gaps = requireNumber("ensemble.gaps", fields.gaps ?? 0, { min: 0, integer: true });
  const statistics = requireList("ensemble.statistics", fields.statistics).map((each, i) =>
    requireChoice(`ensemble.statistics[${i}]`, each, STATISTIC_NAMES)
  );
  const known = new Set<string>(), read = readerOf(file, known);
  const members = new Map<string, Float32Array>();
  const parts = requireList("ensemble.parts", fields.parts).map((each, p) => {
    const part = readPart(`ensemble.parts[${p}]`, each, { columns, statistics, read });
    const { view, members: count, spec } = part.spec;
    for (let m = 0; m < count; m++) {
      for (const { name, rows, cols } of parametersOf(spec)) {
        const values = p === 0 && m === 0
          ? first.get(name)
          : read(`${view}.${m}.${name}`, [rows, cols]);
        if (values?.length !== rows * cols) {
          throw new ModelFileError(`"${name}" is not that of the first view`);
        }
        members.set(memberPrefix(view, m) + name, values);
      }
    }
    return { ...part, linear: read(`${view}.linear`, [part.spec.features, part.spec.features]) };
  });
  const linears = new Map(parts.map(({ spec, linear }) => [spec.view, linear]));
  const distinct = linears.size * new Set(statistics).size;
  if (!distinct || distinct < parts.length * statistics.length) {
    throw new ModelFileError("the ensemble is empty, or lists something twice");
  }
  const stray = [...file.tensors.keys()].find((name) => isEnsembleTensor(name) && !known.has(name));
  if (stray !== undefined) throw new ModelFileError(`unknown tensor "${stray}"`);
  for (const { spec: { view, features } } of parts) {
    members.set(`${view}.precision`, read(`${view}.precision`, [1, features]));
  }
  const parameters = withDerived(parts, members, linears);
  return { columns, statistics, parts, gaps, parameters };
}

const ARRAYS = { F32: Float32Array, F64: Float64Array, U8: Uint8Array };

/** @param known receives the names of all tensors that an ensemble may have */
function readerOf({ tensors }: ModelFile, known: Set<string>): ReadTensor {
  for (const view of VIEW_NAMES) known.add(`${ENSEMBLE_PREFIX}${view}.precision`);
  return <Type extends keyof TensorArrays>(
    name: string,
    shape: readonly number[],
    dtype: Type = "F32" as Type,
  ) => {
    const full = ENSEMBLE_PREFIX + name, tensor = tensors.get(full);
    known.add(full);
    const { data, shape: actual } = tensor ?? {};
    const typed = data instanceof ARRAYS[dtype];
    const shaped = actual?.length === shape.length && actual.every((size, i) => size === shape[i]);
    if (data && typed && shaped && areFinite(data as Float32Array)) {
      return data as TensorArrays[Type];
    }
    throw new ModelFileError(`"${full}" must be finite ${dtype} [${shape.join(", ")}]`);
  };
}

function readPart(
  field: string,
  value: unknown,
  { columns, statistics, read }: {
    readonly columns: number;
    readonly statistics: readonly StatisticName[];
    readonly read: ReadTensor;
  },
): Part {
  const keys = ["view", "features", "members", "spec", "references", "coded", "surprisals"];
  const fields = requireObject(field, value, keys);
  const whole = (name: string) =>
    requireNumber(`${field}.${name}`, fields[name], { min: 1, max: 65536, integer: true });
  const name = requireChoice(`${field}.view`, fields.view, VIEW_NAMES);
  const members = whole("members"), references = whole("references");
  const spec = parseSpec(fields.spec);
  const own: ReadTensor = (what, ...rest) => read(`${name}.${what}`, ...rest);
  const features = readFeatures(`${field}.features`, fields.features, columns, own);
  if (features.length !== spec.inputs) {
    throw new ModelFileError(`${field}.features must be ${spec.inputs}`);
  }
  const width = features.length;
  const shapes = requireList(`${field}.surprisals`, fields.surprisals).map((each, i) =>
    readShape(`${field}.surprisals[${i}]`, each)
  );
  const names = STATISTIC_NAMES.slice(0, shapes.length);
  if (
    names.length < shapes.length || !curveNames(statistics).every((each) => names.includes(each))
  ) {
    throw new ModelFileError(`${field}.surprisals: a curve is missing`);
  }
  const curves = readCurves("surprisals", shapes, own);
  const surprisals = Object.fromEntries(
    names.map((statistic, i) => [statistic, curves[i]]),
  ) as Record<StatisticName, Curve>;
  const { rows, coded } = readReferences({ name, references, features }, fields.coded, read);
  const spread = Float64Array.from(own("spread", [1, references]));
  const partSpec: PartSpec = { view: name, features: width, members, spec, references };
  const view: View = { name, features };
  return { spec: partSpec, view, references: { rows, spread, features: width, coded }, surprisals };
}

function readReferences(
  { name, references, features }: {
    readonly name: ViewName;
    readonly references: number;
    readonly features: readonly Feature[];
  },
  given: unknown,
  read: ReadTensor,
): { readonly rows: Float32Array; readonly coded?: CodedRows } {
  const columns = given === undefined ? [] : requireList("coded", given) as readonly number[];
  const others = features.filter(({ column }) => !columns.includes(column)).length;
  const rest = read(`${name}.references`, [references, others]);
  if (columns.length === 0) return { rows: rest };
  const codes = read("codes", [references, columns.length], "U8");
  const coded = { columns, codes, rest }, rows = decodeLevels(coded, features, references);
  if (areFinite(rows)) return { rows, coded };
  throw new ModelFileError("a code is of no level");
}
