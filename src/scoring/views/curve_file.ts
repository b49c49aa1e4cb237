/**
 * Curves in a file: the slopes and the number of knots of each in JSON, the knots of all in one tensor,
 * F64 `[knots, 2]`.
 */
import { requireNumber, requireObject } from "../../core/validate.ts";
import type { Tensor } from "../../formats/safetensors/safetensors.ts";
import { ModelFileError } from "../../trained/file/model_file.ts";
import { type ReadTensor, requireList } from "../file_parts.ts";
import type { Curve } from "./curve.ts";

/** A curve without its knots. */
export interface CurveShape {
  readonly knots: number;
  readonly slopes: readonly [number, number];
}

export function shapeOf({ x, slopes }: Curve): CurveShape {
  return { knots: x.length, slopes };
}

export function knotTensor(curves: readonly Curve[]): Tensor {
  const data = Float64Array.from(
    curves.flatMap(({ x, y }) => [...x].flatMap((at, i) => [at, y[i]])),
  );
  return { dtype: "F64", shape: [data.length / 2, 2], data };
}

export function readShape(field: string, value: unknown): CurveShape {
  const fields = requireObject(field, value, ["knots", "slopes"]);
  const slopes = requireList(`${field}.slopes`, fields.slopes);
  if (slopes.length !== 2) throw new ModelFileError(`${field}.slopes must be two numbers`);
  const [below, above] = slopes.map((each, i) =>
    requireNumber(`${field}.slopes[${i}]`, each, { min: 0 })
  );
  const knots = requireNumber(`${field}.knots`, fields.knots, { min: 1, max: 4096, integer: true });
  return { knots, slopes: [below, above] };
}

/** @param name of the tensor that holds the knots; not read if there are no curves */
export function readCurves(
  name: string,
  shapes: readonly CurveShape[],
  read: ReadTensor,
): Curve[] {
  const total = shapes.reduce((sum, { knots }) => sum + knots, 0);
  const data = total > 0 ? read(name, [total, 2], "F64") : new Float64Array();
  let at = 0;
  return shapes.map(({ knots, slopes }) => {
    const x = Float64Array.from({ length: knots }, (_, i) => data[2 * (at + i)]);
    const y = Float64Array.from({ length: knots }, (_, i) => data[2 * (at + i) + 1]);
    at += knots;
    if (x.some((value, i) => i > 0 && value <= x[i - 1])) {
      throw new ModelFileError("knots must ascend");
    }
    return { x, y, slopes };
  });
}
