/**
 * The features of a view in a file. Numbers are JSON; what a feature has many of is in tensors for all of them, in
 * order:
 *
 *   knots    F64 [knots, 2]    of curves (`curve_file.ts`)
 *   points   F32 [1, points]   coordinates of levels
 */
import { requireChoice, requireNumber, requireObject } from "../../core/validate.ts";
import type { Tensor } from "../../formats/safetensors/safetensors.ts";
import { type ReadTensor, requireList } from "../file_parts.ts";
import { type CurveShape, knotTensor, readCurves, readShape, shapeOf } from "./curve_file.ts";
import type { Feature, Transform } from "./view.ts";

/** A transform without what is in tensors. */
type TransformShape =
  | Exclude<Transform, { readonly kind: "curve" | "point" }>
  | { readonly kind: "curve"; readonly mean: number; readonly curve: CurveShape }
  | { readonly kind: "point"; readonly codes: number };

/** The JSON of features. */
export function featureMetadata(features: readonly Feature[]): readonly unknown[] {
  return features.map(({ column, transform }) => {
    const shape: TransformShape = transform.kind === "curve"
      ? { kind: "curve", mean: transform.mean, curve: shapeOf(transform.curve) }
      : transform.kind === "point"
      ? { kind: "point", codes: transform.values.length }
      : transform;
    return { column, ...shape };
  });
}

/** The tensors of features, by name. */
export function featureTensors(features: readonly Feature[]): [string, Tensor][] {
  const curves = features.flatMap(({ transform }) =>
    transform.kind === "curve" ? [transform.curve] : []
  );
  const points = features.flatMap(({ transform }) =>
    transform.kind === "point" ? [...transform.values] : []
  );
  const tensors: [string, Tensor][] = [];
  if (points.length > 0) {
    const data = Float32Array.from(points);
    tensors.push(["points", { dtype: "F32", shape: [1, data.length], data }]);
  }
  if (curves.length > 0) tensors.push(["knots", knotTensor(curves)]);
  return tensors;
}

/** @param columns of the table */
export function readFeatures(
  field: string,
  value: unknown,
  columns: number,
  read: ReadTensor,
): Feature[] {
  const given = requireList(field, value).map((each, f) =>
    readFeature(`${field}[${f}]`, each, columns)
  );
  const shapes = given.flatMap(({ shape }) => shape.kind === "curve" ? [shape.curve] : []);
  const codes = given.reduce(
    (sum, { shape }) => shape.kind === "point" ? sum + shape.codes : sum,
    0,
  );
  const curves = readCurves("knots", shapes, read);
  const points = codes > 0 ? read("points", [1, codes]) : new Float32Array();
  let curve = 0, point = 0;
  return given.map(({ column, shape }): Feature => {
    if (shape.kind === "curve") {
      return { column, transform: { ...shape, curve: curves[curve++] } };
    }
    if (shape.kind !== "point") return { column, transform: shape };
    const values = points.subarray(point, point += shape.codes);
    return { column, transform: { kind: "point", values } };
  });
}

const KINDS = ["arcsinh", "curve", "point", "cycle"] as const;

function readFeature(
  field: string,
  value: unknown,
  columns: number,
): { readonly column: number; readonly shape: TransformShape } {
  const keys = ["column", "kind", "curve", "codes", "period", "phase", "centre", "scale"];
  const fields = requireObject(field, value, [...keys, "mean", "deviation"]);
  const number = (key: string, limits = {}) =>
    requireNumber(`${field}.${key}`, fields[key], limits);
  const column = number("column", { min: 0, max: columns - 1, integer: true });
  const kind = requireChoice(`${field}.kind`, fields.kind, KINDS), positive = { above: 0 };
  if (kind === "point") {
    return { column, shape: { kind, codes: number("codes", { min: 1, integer: true }) } };
  }
  const mean = number("mean");
  if (kind === "curve") {
    return { column, shape: { kind, curve: readShape(`${field}.curve`, fields.curve), mean } };
  }
  const deviation = number("deviation", positive);
  if (kind === "cycle") {
    const period = number("period", positive), phase = number("phase");
    return { column, shape: { kind, period, phase, mean, deviation } };
  }
  const centre = number("centre"), scale = number("scale", positive);
  return { column, shape: { kind, centre, scale, mean, deviation } };
}
