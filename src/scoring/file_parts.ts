/** What the readers of the parts of a detector's file share. */
import { ModelFileError } from "../trained/file/model_file.ts";

/** The arrays of tensors, by their type. */
export interface TensorArrays {
  readonly F32: Float32Array;
  readonly F64: Float64Array;
  readonly U8: Uint8Array;
}

/** Reads a tensor of finite numbers, F32 by default. @throws ModelFileError for another type or shape, or none */
export type ReadTensor = <Type extends keyof TensorArrays = "F32">(
  name: string,
  shape: readonly number[],
  dtype?: Type,
) => TensorArrays[Type];

/** @throws ModelFileError unless the value is a list */
export function requireList(field: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new ModelFileError(`${field} must be a list`);
}
