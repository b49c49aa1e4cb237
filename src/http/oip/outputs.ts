/**
 * A model's outputs in the Open Inference Protocol: tensors made of columns of the verbs' answers. A tensor with one
 * number per row has the shape [rows], the others [rows, width].
 */
import { LITTLE_ENDIAN, swapped } from "../../formats/safetensors/safetensors_types.ts";
import { latentSize } from "../../models/spec.ts";
import { isTable, unitsOf, vaeOf } from "../../scoring/units.ts";
import type { Numbers } from "../answers/answers.ts";
import type { Model } from "../models/catalogue.ts";
import type { VerbName } from "../verbs/mod.ts";
import { ANOMALY, CONTRIBUTIONS, P_VALUE } from "../verbs/verdict.ts";

/** One output of a model. */
export interface Output {
  readonly name: string;
  readonly datatype: "FP64" | "BOOL";
  /** The verb whose numbers contain it, and its first column there. */
  readonly verb: VerbName;
  readonly at: number;
  /** Numbers per row; undefined for a tensor of shape [rows]. */
  readonly width?: number;
}

/** All outputs of a model, in order. */
export function outputsOf(model: Model): Output[] {
  const size = latentSize(vaeOf(model).spec), { generated, schema } = unitsOf(model);
  // Times cannot be decoded, and a tensor has no null.
  const hasTimes = schema?.some(({ kind }) => kind === "timestamp");
  const scores: Output[] = isTable(model)
    ? [
      { name: "score", datatype: "FP64", verb: "score", at: 0 },
      { name: "p_value", datatype: "FP64", verb: "score", at: P_VALUE },
      { name: "anomaly", datatype: "BOOL", verb: "score", at: ANOMALY },
      {
        name: "contributions",
        datatype: "FP64",
        verb: "score",
        at: CONTRIBUTIONS,
        width: generated.length,
      },
    ]
    : [{ name: "score", datatype: "FP64", verb: "score", at: 0 }];
  // The network of a series takes windows, and a row is none.
  if (isTable(model) && model.window !== undefined) return scores;
  return [
    ...scores,
    { name: "mean", datatype: "FP64", verb: "encode", at: 0, width: size },
    { name: "log_var", datatype: "FP64", verb: "encode", at: size, width: size },
    ...(hasTimes ? [] : [
      {
        name: "reconstruction",
        datatype: "FP64",
        verb: "reconstruct",
        at: 0,
        width: generated.length,
      } as const,
    ]),
  ];
}

/** The numbers of one output. */
export function valuesOf(
  { at, width = 1 }: Output,
  { data, rows, columns }: Numbers,
): Float64Array {
  const values = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    values.set(data.subarray(r * columns + at, r * columns + at + width), r * width);
  }
  return values;
}

/** As JSON without its brackets, some values at a time. */
export function* valuesText({ datatype }: Output, values: Float64Array): Generator<string> {
  const perPiece = 20_000;
  for (let first = 0; first < values.length; first += perPiece) {
    const piece = values.subarray(first, first + perPiece);
    const text = datatype === "BOOL" ? Array.from(piece, (each) => each === 1) : piece;
    yield `${first > 0 ? "," : ""}${text.join(",")}`;
  }
}

/** Little-endian float64, or one byte per boolean. */
export function valuesBytes({ datatype }: Output, values: Float64Array): Uint8Array<ArrayBuffer> {
  if (datatype === "BOOL") return Uint8Array.from(values);
  const bytes = new Uint8Array(values.slice().buffer);
  return LITTLE_ENDIAN ? bytes : swapped(bytes, 8);
}
