/**
 * Tensors of the Open Inference Protocol v2: their metadata, their JSON, and their bytes after the JSON (little-endian,
 * row-major). Depends on nothing else in the project.
 */
import assert from "node:assert/strict";

/** The metadata of a tensor. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** The metadata of a model. */
export interface Metadata {
  readonly name: string;
  readonly versions?: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** A tensor of a request or an answer. */
export interface Tensor extends TensorMetadata {
  readonly data?: readonly unknown[];
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** An answer to infer. */
export interface Answer {
  readonly model_name: string;
  readonly model_version?: string;
  readonly id?: string;
  readonly outputs: readonly Tensor[];
}

/** Bytes of one value. */
export const SIZES: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, UINT8: 1, UINT16: 2, UINT32: 4, UINT64: 8, INT8: 1, INT16: 2, INT32: 4, INT64: 8 },
  ...{ FP16: 2, FP32: 4, FP64: 8, BYTES: NaN },
};
/** States how many bytes of a body are JSON. */
export const HEADER_LENGTH = "inference-header-content-length";

/** Checks a JSON tensor against its metadata. */
export function requireTensor(
  { name, datatype, shape, data = [] }: Tensor,
  metadata: TensorMetadata,
): void {
  assert.deepEqual([name, datatype], [metadata.name, metadata.datatype]);
  assert.equal(shape.length, metadata.shape.length);
  shape.forEach((size, i) => assert.ok([size, -1].includes(metadata.shape[i]), `shape of ${name}`));
  assert.equal(data.flat(Infinity).length, product(shape), `size of ${name}`);
  const kind = datatype === "BOOL" ? "boolean" : datatype === "BYTES" ? "string" : "number";
  const kinds = new Set(data.flat(Infinity).map((value): string => typeof value));
  kinds.delete(kind);
  assert.equal(kinds.size, 0, `values of ${name}`);
}

/** Nests flat data in lists according to its shape. */
export function nest(
  data: readonly unknown[],
  [, ...inner]: readonly number[],
): readonly unknown[] {
  if (inner.length === 0) return data;
  const size = product(inner);
  return Array.from(
    { length: data.length / size },
    (_, i) => nest(data.slice(i * size, (i + 1) * size), inner),
  );
}

/** Floating-point data as the bytes of a binary tensor. */
export function pack(datatype: string, data: readonly unknown[]): Uint8Array {
  const size = SIZES[datatype], view = new DataView(new ArrayBuffer(size * data.length));
  data.forEach((value, i) => {
    if (size === 4) view.setFloat32(4 * i, Number(value), true);
    else view.setFloat64(8 * i, Number(value), true);
  });
  return new Uint8Array(view.buffer);
}

/** An answer with binary tensors after its JSON; `tensors` has a list for each, in order. */
export async function unpack(
  response: Response,
): Promise<{ answer: Answer; tensors: unknown[][] }> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert.equal(response.status, 200, new TextDecoder().decode(bytes.subarray(0, 500)));
  const end = Number(response.headers.get(HEADER_LENGTH));
  const answer: Answer = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  let at = end;
  const tensors: unknown[][] = [];
  for (const { datatype, shape, parameters } of answer.outputs) {
    const size = parameters?.binary_data_size;
    if (typeof size !== "number") continue;
    assert.equal(size, SIZES[datatype] * product(shape));
    const view = new DataView(bytes.buffer, at, size);
    tensors.push(Array.from({ length: product(shape) }, (_, i) => readValue(view, datatype, i)));
    at += size;
  }
  assert.equal(at, bytes.length, "all bytes belong to tensors");
  return { answer, tensors };
}

function readValue(view: DataView, datatype: string, i: number): unknown {
  if (datatype === "BOOL") return view.getUint8(i) === 1;
  if (datatype === "FP32") return view.getFloat32(4 * i, true);
  if (datatype === "FP64") return view.getFloat64(8 * i, true);
  throw new TypeError(`Cannot read output: this suite does not read ${datatype}`);
}

/** How many values a shape has. */
export function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
