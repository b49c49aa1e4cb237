/**
 * Smaller model files: how float32 tensors are kept in fewer bits, and taken out again.
 *
 *   f16   binary16, for values that it can hold
 *   int8  q = round(w / s), s = max |w| / 127 of each column; the column's s is `NAME.scale`, F32
 *
 * A weight matrix is [inputs, outputs], so a column is an output channel: it has a scale of its own,
 * and one large weight costs no other channel its digits (Jacob et al., 2018; Nagel et al., 2021,
 * section 2.2). |ŵ - w| ≤ max(2⁻¹¹ |w|, 2⁻²⁵) in f16, ≤ s / 2 in int8. Weights are all
 * that is rounded: scoring computes in float32 as ever. Tensors of few rows, where scales would weigh
 * more than they save, are kept in f16; float64 tensors and vectors, such as a calibration, are no weights and stay as
 * they are.
 *
 * Scales have 16 significant bits: then q·s is exact in float32, and packing what was unpacked gives
 * the same bytes.
 */
import { fromHalves, HALF_OVERFLOW, toHalf } from "../../core/bytes/half.ts";
import type { Tensor } from "../../formats/safetensors/safetensors.ts";

/** How a model file keeps its weights. */
export type FileFormat = "f32" | "f16" | "int8";

/** All of them, the largest first. */
export const FILE_FORMATS: readonly FileFormat[] = ["f32", "f16", "int8"];

/** Fewer rows than this are not worth a scale for each column: 4 bytes against 1 saved a row. */
const MIN_ROWS = 8;

const LARGEST = 127;

/** What follows a tensor's name where its scales are kept. */
const SCALE = ".scale";

/**
 * The tensors as a file of the format holds them; those that are not float32 matrices pass as they are.
 * @throws RangeError for a name that int8 files need for themselves
 */
export function packTensors(
  tensors: ReadonlyMap<string, Tensor>,
  format: FileFormat,
): Map<string, Tensor> {
  if (format === "f32") return new Map(tensors);
  const packed = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    if (format === "int8" && tensors.has(name + SCALE)) {
      throw new RangeError(`Cannot pack tensor "${name}": its scales need the name of another`);
    }
    if (!(tensor.data instanceof Float32Array) || tensor.shape.length < 2) packed.set(name, tensor);
    else if (format === "int8" && tensor.shape.length === 2 && tensor.shape[0] >= MIN_ROWS) {
      const { values, scales } = toInt8(tensor.data, tensor.shape[1]);
      packed.set(name, { dtype: "I8", shape: tensor.shape, data: values });
      packed.set(name + SCALE, { dtype: "F32", shape: [scales.length], data: scales });
    } else if (tensor.data.every((value) => Math.abs(value) < HALF_OVERFLOW)) {
      packed.set(name, { ...tensor, dtype: "F16", data: Uint16Array.from(tensor.data, toHalf) });
    } else packed.set(name, tensor);
  }
  return packed;
}

/**
 * The float32 tensors that packed ones stand for; all others pass as they are.
 * @throws RangeError for int8 values without a scale for each column
 */
export function unpackTensors(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const unpacked = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    const { dtype, shape, data } = tensor;
    if (dtype === "F16") {
      const values = fromHalves(data as Uint16Array);
      unpacked.set(name, { dtype: "F32", shape, data: values });
    } else if (dtype === "I8") {
      const scales = scalesOf(tensors, name, shape);
      const values = fromInt8(data as Int8Array, scales);
      unpacked.set(name, { dtype: "F32", shape, data: values });
    } else if (!isScale(tensors, name)) unpacked.set(name, tensor);
  }
  return unpacked;
}

/** Row-major values of so many columns, each with a scale of its own. */
function toInt8(
  data: Float32Array,
  columns: number,
): { values: Int8Array; scales: Float32Array } {
  const largest = new Float32Array(columns);
  data.forEach((value, i) => {
    const c = i % columns;
    largest[c] = Math.max(largest[c], Math.abs(value));
  });
  const scales = largest.map((value) => shortScale(value / LARGEST));
  const values = Int8Array.from(data, (value, i) => {
    const scale = scales[i % columns];
    return scale > 0 ? Math.round(value / scale) : 0;
  });
  return { values, scales };
}

/** Rounded up to 16 significant bits, so that |w / s| stays within 127. */
function shortScale(scale: number): number {
  const bits = new Uint32Array(Float32Array.of(scale).buffer);
  bits[0] = (bits[0] + 0xff) & ~0xff;
  return new Float32Array(bits.buffer)[0];
}

function fromInt8(values: Int8Array, scales: Float32Array): Float32Array {
  return Float32Array.from(values, (value, i) => value * scales[i % scales.length]);
}

function scalesOf(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  shape: readonly number[],
): Float32Array {
  const { data } = tensors.get(name + SCALE) ?? {};
  const columns = shape[1];
  const right = shape.length === 2 && data instanceof Float32Array && data.length === columns;
  if (right && data.every((value) => value >= 0 && value < Infinity)) return data;
  throw new RangeError(
    `Cannot read int8 tensor "${name}": "${name}${SCALE}" must be finite float32 [${columns}]`,
  );
}

function isScale(tensors: ReadonlyMap<string, Tensor>, name: string): boolean {
  return name.endsWith(SCALE) && tensors.get(name.slice(0, -SCALE.length))?.dtype === "I8";
}
