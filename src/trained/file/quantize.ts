/**
 * Smaller model files: packs float32 tensors into fewer bits, and unpacks them.
 *
 *   f16   binary16, if all values are in its range
 *   int8  q = round(w / s), s = max |w| / 127 of each column; the column's s is in `NAME.scale`, F32
 *
 * A weight matrix is [inputs, outputs], so a column is an output channel: each has its own scale, and a large weight
 * does not reduce the precision of other channels (Jacob et al., 2018; Nagel et al., 2021, section 2.2).
 * |ŵ - w| ≤ max(2⁻¹¹ |w|, 2⁻²⁵) in f16, ≤ s / 2 in int8. Only weights are rounded: scoring still computes in float32.
 * Tensors with few rows, where scales would take more space than they save, are stored in f16. float64 tensors and
 * vectors, such as a calibration, are not weights and are stored unchanged.
 *
 * Scales have 16 significant bits, so q·s is exact in float32, and packing an unpacked file gives the same bytes.
 */
import { fromHalves, HALF_OVERFLOW, toHalf } from "../../core/bytes/half.ts";
import type { Tensor } from "../../formats/safetensors/safetensors.ts";

/** How a model file stores its weights. */
export type FileFormat = "f32" | "f16" | "int8";

/** All formats, the largest first. */
export const FILE_FORMATS: readonly FileFormat[] = ["f32", "f16", "int8"];

/** With fewer rows than this, a scale per column (4 bytes) costs more than it saves (1 byte per row). */
const MIN_ROWS = 8;

const MAX_INT8 = 127;

/** Suffix of the tensor that holds the scales. */
const SCALE = ".scale";

/**
 * The tensors as a file of the format stores them; those that are not float32 matrices are unchanged.
 * @throws RangeError if a tensor has the name that another's scales need
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
 * Unpacks packed tensors to float32; all others are unchanged.
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

/** Quantizes row-major values, with one scale per column. */
function toInt8(
  data: Float32Array,
  columns: number,
): { values: Int8Array; scales: Float32Array } {
  const largest = new Float32Array(columns);
  data.forEach((value, i) => {
    const c = i % columns;
    largest[c] = Math.max(largest[c], Math.abs(value));
  });
  const scales = largest.map((value) => shortScale(value / MAX_INT8));
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
  const isPerColumn = shape.length === 2 && data instanceof Float32Array && data.length === columns;
  if (isPerColumn && data.every((value) => value >= 0 && value < Infinity)) return data;
  throw new RangeError(
    `Cannot read int8 tensor "${name}": "${name}${SCALE}" must be finite float32 [${columns}]`,
  );
}

function isScale(tensors: ReadonlyMap<string, Tensor>, name: string): boolean {
  return name.endsWith(SCALE) && tensors.get(name.slice(0, -SCALE.length))?.dtype === "I8";
}
