/**
 * An inference request of the Open Inference Protocol v2: one input tensor `x`, `[rows, columns]`, of numbers or
 * booleans, in the JSON (nested or flat) or after it (the binary tensor data extension).
 *
 * Source: kserve/open-inference-protocol, inference_rest.md; triton-inference-server, protocol
 * extension_binary_data.md. Unknown parameters are accepted and ignored.
 */
import * as v from "npm:valibot@1.5.0";
import type { Cells } from "../../scoring/table/cells.ts";
import type { Units } from "../../scoring/units.ts";
import type { Steps } from "../../trained/steps.ts";
import { type LongList, parseJsonSteps } from "../body/json_slices.ts";
import type { HeaderLookup } from "../head.ts";
import { invalid } from "../answers/problems.ts";
import { cellSteps, floatRowSteps, refusal, rowSteps } from "../rows/rows.ts";
import { checkBody, listOf } from "../schemas.ts";
import { type DatatypeName, DATATYPES } from "./datatypes.ts";

/** The header that says how many bytes of the body are JSON; the rest is tensors. */
export const HEADER_LENGTH = "inference-header-content-length";

const SIZE = "a whole number from 0";
const size = v.pipe(v.number(SIZE), v.safeInteger(SIZE), v.minValue(0, SIZE));
const flag = v.optional(v.boolean("true or false"));
const name = v.pipe(v.string("a name"), v.maxLength(256, "a shorter name"));

const DATATYPE_NAMES = Object.keys(DATATYPES) as DatatypeName[];

const input = v.object({
  name: v.literal("x", '"x"'),
  shape: v.pipe(v.array(size, "[rows, columns]"), v.length(2, "[rows, columns]")),
  datatype: v.picklist(DATATYPE_NAMES, DATATYPE_NAMES.join(", ")),
  parameters: v.optional(v.object({ binary_data_size: v.optional(size) }, "an object")),
  data: v.optional(listOf(v.unknown(), "a list of numbers")),
}, "a tensor");

const output = v.object({
  name,
  parameters: v.optional(v.object({ binary_data: flag }, "an object")),
}, "an object");

/** The JSON of a request. */
export const inferBody = v.object({
  id: v.optional(v.pipe(v.string("a text"), v.maxLength(1024, "a shorter text"))),
  parameters: v.optional(v.object({ binary_data_output: flag }, "an object")),
  inputs: v.pipe(v.array(input, "one tensor"), v.length(1, "one tensor")),
  outputs: v.optional(v.pipe(v.array(output, "a list"), v.maxLength(64, "a shorter list"))),
}, "an object");

/** A parsed request. */
export interface InferRequest {
  readonly body: v.InferOutput<typeof inferBody>;
  /** Bytes after the JSON. */
  readonly tail: Uint8Array<ArrayBuffer>;
}

/** The tensor's values: `{"inputs": [{"data": […]}]}`. */
export const DATA: LongList = {
  key: "data",
  depth: 4,
  of: (body) => (body as { inputs?: ({ data?: unknown } | null)[] | null }).inputs?.[0]?.data,
};

/** @throws Problem unless the bytes are a request of the protocol */
export function* readInferRequest(
  bytes: Uint8Array<ArrayBuffer>,
  headers: HeaderLookup,
): Steps<InferRequest> {
  const length = headers.get(HEADER_LENGTH);
  const end = length === null ? bytes.length : Number(length);
  if (!Number.isSafeInteger(end) || end < 0 || end > bytes.length || length === "") {
    throw invalid(
      "",
      `Cannot read body: ${HEADER_LENGTH} must be a number of bytes within the body`,
    );
  }
  const body = checkBody(inferBody, yield* parseJsonSteps(bytes.subarray(0, end), DATA));
  return { body, tail: bytes.subarray(end) };
}

/** @throws Problem unless shape, data and model agree */
export function* readInput(
  { body, tail }: InferRequest,
  units: Units,
  requireRows: (rows: number) => void,
): Steps<Cells> {
  const [{ shape: [rows, columns], datatype, parameters, data }] = body.inputs;
  const width = units.columns.length;
  if (columns !== width || rows === 0) {
    throw invalid(
      "/inputs/0/shape",
      `Cannot read x: expected shape [rows, ${width}] of at least one row, got [${rows}, ${columns}]`,
    );
  }
  requireRows(rows);
  const { binary_data_size: binarySize } = parameters ?? {};
  const { bytes, read } = DATATYPES[datatype], count = rows * width;
  if (binarySize !== undefined) {
    requireSize(binarySize, data === undefined ? tail.length : 0, "bytes", "/parameters");
    requireSize(binarySize, count * bytes, "bytes", "/parameters");
    if (datatype === "FP32") return yield* floatRowSteps(tail, units, 4);
    if (datatype === "FP64") return yield* floatRowSteps(tail, units, 8);
    const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
    return yield* readValues(datatype, count, (i) => read(view, i * bytes), units);
  }
  requireSize(tail.length, 0, "bytes behind the JSON", "/parameters");
  const values = yield* flatten(data ?? [], rows, width);
  requireSize(values.length, count, "values", "/data");
  return yield* readValues(datatype, count, (i) => values[i], units);
}

/** Values read in a step. */
const STEP_VALUES = 8192;

/** @throws Problem naming the first value that the datatype does not have, or that the model cannot take */
function* readValues(
  datatype: DatatypeName,
  count: number,
  valueAt: (i: number) => unknown,
  units: Units,
): Steps<Cells> {
  const { encode, expected } = DATATYPES[datatype], width = units.columns.length;
  const numbers = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const value = valueAt(i), number = encode(value), c = i % width;
    if (number === undefined) {
      throw refusal(Math.floor(i / width), units.columns[c], c, value, expected);
    }
    numbers[i] = number;
    if (i % STEP_VALUES === STEP_VALUES - 1) yield;
  }
  if (datatype !== "BOOL" || !units.schema) return yield* cellSteps(numbers, units);
  // To a column with levels, true is not the number 1.
  const truths = (r: number) =>
    Array.from(numbers.subarray(r * width, (r + 1) * width), (value) => value === 1);
  return yield* rowSteps(Array.from({ length: count / width }, (_, r) => r), units, truths);
}

/** The values of flat or nested data. */
function* flatten(
  data: readonly unknown[],
  rows: number,
  width: number,
): Steps<readonly unknown[]> {
  if (!Array.isArray(data[0])) return data;
  requireSize(data.length, rows, "rows", "/data");
  const values: unknown[] = [];
  for (const [r, row] of data.entries()) {
    const list: readonly unknown[] = Array.isArray(row) ? row : [];
    requireSize(list.length, width, "values in each row", `/data/${r}`);
    for (const value of list) values.push(value);
    if (r * width % STEP_VALUES < width) yield;
  }
  return values;
}

function requireSize(given: number, expected: number, what: string, place: string): void {
  if (given === expected) return;
  throw invalid(
    `/inputs/0${place}`,
    `Cannot read x: expected ${expected} ${what}, got ${given}`,
  );
}
