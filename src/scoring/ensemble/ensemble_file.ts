/**
 * The part of a detector's file that holds the ensemble. The first member of the first view is the file's VAE.
 *
 *   ensemble                      JSON: statistics, gaps (0 if absent), and the sizes and features of each view
 *   ensemble.VIEW.knots           F64 [knots, 2]      curves of the features, concatenated
 *   ensemble.VIEW.surprisals      F64 [knots, 2]      curves of the statistics, concatenated
 *   ensemble.VIEW.references      F32 [R, F]          .spread F32 [1, R]
 *   ensemble.VIEW.points          F32 [1, points]     coordinates of levels, feature by feature
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
import { asModelFileError, type ModelFile, ModelFileError } from "../../trained/file/model_file.ts";
import type { Curve } from "../views/curve.ts";
import {
  type Feature,
  type Transform,
  type View,
  VIEW_NAMES,
  type ViewName,
} from "../views/view.ts";
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
      features: view.features.map(({ column, transform }) => ({
        column,
        ...(transform.kind === "curve"
          ? { kind: "curve", mean: transform.mean, curve: shapeOf(transform.curve) }
          : transform.kind === "point"
          ? { kind: "point", codes: transform.values.length }
          : transform),
      })),
      surprisals: STATISTIC_NAMES.map((name) => shapeOf(surprisals[name])),
    })),
  };
}

/** The tensors of an ensemble. */
export function ensembleTensors({ parts, parameters }: EnsembleModel): [string, Tensor][] {
  return parts.flatMap((part, p) => {
    const { spec: { view, features, members, spec, references }, surprisals } = part;
    const f32 = (name: string, shape: number[], data: Float32Array): [string, Tensor] => [
      `${ENSEMBLE_PREFIX}${view}.${name}`,
      { dtype: "F32", shape, data },
    ];
    const curves = part.view.features.flatMap(({ transform }) =>
      transform.kind === "curve" ? [transform.curve] : []
    );
    const memberTensors = parametersOf(spec).flatMap(({ name, rows, cols }) =>
      Array.from({ length: members }, (_, m) => m)
        .filter((m) => p > 0 || m > 0)
        .map((m) =>
          f32(`${m}.${name}`, [rows, cols], parameters.get(memberPrefix(view, m) + name)!)
        )
    );
    const { rows, coded } = part.references, rest = coded?.rest ?? rows;
    const points = part.view.features.flatMap(({ transform }) =>
      transform.kind === "point" ? [...transform.values] : []
    );
    return [
      ...(points.length > 0 ? [f32("points", [1, points.length], Float32Array.from(points))] : []),
      ...(curves.length > 0 ? [knotTensor(`${ENSEMBLE_PREFIX}${view}.knots`, curves)] : []),
      knotTensor(
        `${ENSEMBLE_PREFIX}${view}.surprisals`,
        STATISTIC_NAMES.map((name) => surprisals[name]),
      ),
      f32("references", [references, rest.length / references], rest),
      ...(coded && p === 0 ? [codeTensor(references, coded)] : []),
      f32("spread", [1, references], Float32Array.from(part.references.spread)),
      f32("linear", [features, features], parameters.get(`${view}.linear.weight`)!),
      f32("precision", [1, features], parameters.get(`${view}.precision`)!),
      ...memberTensors,
    ];
  });
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
  return asModelFileError(() => {
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
      const part = readPart(`ensemble.parts[${p}]`, each, columns, read);
      const { view, members: count, spec } = part.spec;
      for (let m = 0; m < count; m++) {
        for (const { name, rows, cols } of parametersOf(spec)) {
          const values = p === 0 && m === 0
            ? first.get(name)
            : read(`${view}.${m}.${name}`, [rows, cols]);
          if (values?.length !== rows * cols) {
            throw fault(`"${name}" is not that of the first view`);
          }
          members.set(memberPrefix(view, m) + name, values as Float32Array);
        }
      }
      return { ...part, linear: read(`${view}.linear`, [part.spec.features, part.spec.features]) };
    });
    const linears = new Map(parts.map(({ spec, linear }) => [spec.view, linear as Float32Array]));
    const distinct = linears.size * new Set(statistics).size;
    if (!distinct || distinct < parts.length * statistics.length) {
      throw fault("the ensemble is empty, or lists something twice");
    }
    const stray = [...file.tensors.keys()].find((name) =>
      isEnsembleTensor(name) && !known.has(name)
    );
    if (stray !== undefined) throw fault(`unknown tensor "${stray}"`);
    for (const { spec: { view, features } } of parts) {
      members.set(`${view}.precision`, read(`${view}.precision`, [1, features]) as Float32Array);
    }
    const parameters = withDerived(parts, members, linears);
    return { columns, statistics, parts, gaps, parameters };
  });
}

type Read = (name: string, shape: readonly number[], dtype?: keyof typeof ARRAYS) => Tensor["data"];

const ARRAYS = { F32: Float32Array, F64: Float64Array, U8: Uint8Array };

function readerOf({ tensors }: ModelFile, known: Set<string>): Read {
  for (const view of VIEW_NAMES) known.add(`${ENSEMBLE_PREFIX}${view}.precision`);
  return (name, shape, dtype = "F32") => {
    const full = ENSEMBLE_PREFIX + name, tensor = tensors.get(full);
    known.add(full);
    const { data, shape: actual } = tensor ?? {};
    const typed = data instanceof ARRAYS[dtype];
    const shaped = actual?.length === shape.length && actual.every((size, i) => size === shape[i]);
    if (data && typed && shaped && areFinite(data as Float32Array)) return data;
    throw fault(`"${full}" must be finite ${dtype} [${shape.join(", ")}]`);
  };
}

function readPart(field: string, value: unknown, columns: number, read: Read): Part {
  const keys = ["view", "features", "members", "spec", "references", "coded", "surprisals"];
  const fields = requireObject(field, value, keys);
  const whole = (name: string) =>
    requireNumber(`${field}.${name}`, fields[name], { min: 1, max: 65536, integer: true });
  const name = requireChoice(`${field}.view`, fields.view, VIEW_NAMES);
  const members = whole("members"), references = whole("references");
  const spec = parseSpec(fields.spec);
  const list = requireList(`${field}.features`, fields.features);
  const own: Read = (what, ...rest) => read(`${name}.${what}`, ...rest);
  const features = readFeatures(`${field}.features`, list, columns, own);
  if (features.length !== spec.inputs) throw fault(`${field}.features must be ${spec.inputs}`);
  const width = features.length;
  const shapes = requireList(`${field}.surprisals`, fields.surprisals).map((each, i) =>
    readShape(`${field}.surprisals[${i}]`, each)
  );
  if (shapes.length !== STATISTIC_NAMES.length) {
    throw fault(`${field}.surprisals: a curve is missing`);
  }
  const knots = own("surprisals", [total(shapes), 2], "F64") as Float64Array;
  const curves = curvesOf(shapes, knots);
  const surprisals = Object.fromEntries(
    STATISTIC_NAMES.map((statistic, i) => [statistic, curves[i]]),
  ) as Record<StatisticName, Curve>;
  const { rows, coded } = readReferences({ name, references, features }, fields.coded, read);
  const spread = Float64Array.from(own("spread", [1, references]) as Float32Array);
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
  read: Read,
): { readonly rows: Float32Array; readonly coded?: CodedRows } {
  const columns = given === undefined ? [] : requireList("coded", given) as readonly number[];
  const others = features.filter(({ column }) => !columns.includes(column)).length;
  const rest = read(`${name}.references`, [references, others]) as Float32Array;
  if (columns.length === 0) return { rows: rest };
  const codes = read("codes", [references, columns.length], "U8") as Uint8Array;
  const coded = { columns, codes, rest }, rows = decodeLevels(coded, features, references);
  if (areFinite(rows)) return { rows, coded };
  throw fault("a code is of no level");
}

function readFeatures(
  field: string,
  list: readonly unknown[],
  columns: number,
  read: Read,
): Feature[] {
  const shapes: CurveShape[] = [];
  let codes = 0;
  const parsed = list.map((each, f) => {
    const name = `${field}[${f}]`;
    const all = ["column", "kind", "curve", "codes", "period", "phase", "centre", "scale"];
    const fields = requireObject(name, each, [...all, "mean", "deviation"]);
    const column = requireNumber(`${name}.column`, fields.column, {
      min: 0,
      max: columns - 1,
      integer: true,
    });
    const kinds = ["arcsinh", "curve", "point", "cycle"] as const;
    const kind = requireChoice(`${name}.kind`, fields.kind, kinds);
    const number = (key: string, limits = {}) =>
      requireNumber(`${name}.${key}`, fields[key], limits);
    const positive = { above: 0 };
    if (kind === "curve") shapes.push(readShape(`${name}.curve`, fields.curve));
    const count = kind === "point" ? number("codes", { min: 1, integer: true }) : 0;
    codes += count;
    const transform = (): Transform => {
      if (kind === "curve") return { kind, curve: curves.shift()!, mean: number("mean") };
      if (kind === "point") return { kind, values: points.subarray(at, at += count) };
      const mean = number("mean"), deviation = number("deviation", positive);
      if (kind === "cycle") {
        return {
          kind,
          period: number("period", positive),
          phase: number("phase"),
          mean,
          deviation,
        };
      }
      const centre = number("centre"), scale = number("scale", positive);
      return { kind: "arcsinh", centre, scale, mean, deviation };
    };
    return { column, transform };
  });
  const curves = shapes.length > 0
    ? curvesOf(shapes, read("knots", [total(shapes), 2], "F64") as Float64Array)
    : [];
  const points = codes > 0 ? read("points", [1, codes]) as Float32Array : new Float32Array();
  let at = 0;
  return parsed.map(({ column, transform }) => ({ column, transform: transform() }));
}

/** A curve without its knots. */
interface CurveShape {
  readonly knots: number;
  readonly slopes: readonly [number, number];
}

const shapeOf = ({ x, slopes }: Curve): CurveShape => ({ knots: x.length, slopes });

const total = (shapes: readonly CurveShape[]): number =>
  shapes.reduce((sum, { knots }) => sum + knots, 0);

function readShape(field: string, value: unknown): CurveShape {
  const fields = requireObject(field, value, ["knots", "slopes"]);
  const slopes = requireList(`${field}.slopes`, fields.slopes);
  if (slopes.length !== 2) throw fault(`${field}.slopes must be two numbers`);
  const [below, above] = slopes.map((each, i) =>
    requireNumber(`${field}.slopes[${i}]`, each, { min: 0 })
  );
  const knots = requireNumber(`${field}.knots`, fields.knots, { min: 1, max: 4096, integer: true });
  return { knots, slopes: [below, above] };
}

function knotTensor(name: string, curves: readonly Curve[]): [string, Tensor] {
  const data = Float64Array.from(
    curves.flatMap(({ x, y }) => [...x].flatMap((at, i) => [at, y[i]])),
  );
  return [name, { dtype: "F64", shape: [data.length / 2, 2], data }];
}

function curvesOf(shapes: readonly CurveShape[], data: Float64Array): Curve[] {
  let at = 0;
  return shapes.map(({ knots, slopes }) => {
    const x = Float64Array.from({ length: knots }, (_, i) => data[2 * (at + i)]);
    const y = Float64Array.from({ length: knots }, (_, i) => data[2 * (at + i) + 1]);
    at += knots;
    if (x.some((value, i) => i > 0 && value <= x[i - 1])) throw fault("knots must ascend");
    return { x, y, slopes };
  });
}

function requireList(field: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw fault(`${field} must be a list`);
}

const fault = (what: string): ModelFileError => new ModelFileError(`Cannot read model: ${what}`);
