/**
 * An inference request of the Open Inference Protocol v2: one input tensor `x`, `[rows, columns]`, FP32 or FP64, in the
 * JSON (nested or flat) or after it (the binary tensor data extension).
 *
 * Source: kserve/open-inference-protocol, inference_rest.md; triton-inference-server, protocol
 * extension_binary_data.md. Unknown parameters are accepted and ignored.
 */
import * as v from "npm:valibot@1.5.0";
import type { Cells } from "../../scoring/table/cells.ts";
import type { Units } from "../../scoring/units.ts";
import { parseJson } from "../body/json.ts";
import type { HeaderLookup } from "../head.ts";
import { invalid } from "../problems.ts";
import { readFloatRows, requireCells } from "../rows/rows.ts";
import { checkBody } from "../schemas.ts";

/** The header that says how many bytes of the body are JSON; the rest is tensors. */
export const HEADER_LENGTH = "inference-header-content-length";

const SIZE = "a whole number from 0";
const size = v.pipe(v.number(SIZE), v.safeInteger(SIZE), v.minValue(0, SIZE));
const flag = v.optional(v.boolean("true or false"));
const name = v.pipe(v.string("a name"), v.maxLength(256, "a shorter name"));

const input = v.object({
  name: v.literal("x", '"x"'),
  shape: v.pipe(v.array(size, "[rows, columns]"), v.length(2, "[rows, columns]")),
  datatype: v.picklist(["FP32", "FP64"], "FP32 or FP64"),
  parameters: v.optional(v.object({ binary_data_size: v.optional(size) }, "an object")),
  data: v.optional(v.array(v.unknown(), "a list of numbers")),
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

/** @throws Problem unless the bytes are a request of the protocol */
export function readInferRequest(
  bytes: Uint8Array<ArrayBuffer>,
  headers: HeaderLookup,
): InferRequest {
  const length = headers.get(HEADER_LENGTH);
  const end = length === null ? bytes.length : Number(length);
  if (!Number.isSafeInteger(end) || end < 0 || end > bytes.length || length === "") {
    throw invalid(
      "",
      `Cannot read body: ${HEADER_LENGTH} must be a number of bytes within the body`,
    );
  }
  const body = checkBody(inferBody, parseJson(bytes.subarray(0, end)));
  return { body, tail: bytes.subarray(end) };
}

/** @throws Problem unless shape, data and model agree */
export function readInput(
  { body, tail }: InferRequest,
  units: Units,
  requireRows: (rows: number) => void,
): Cells {
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
  if (binarySize !== undefined) {
    requireSize(binarySize, data === undefined ? tail.length : 0, "bytes", "/parameters");
    const perNumber = datatype === "FP32" ? 4 : 8;
    requireSize(binarySize, rows * width * perNumber, "bytes", "/parameters");
    return readFloatRows(tail, units, perNumber);
  }
  requireSize(tail.length, 0, "bytes behind the JSON", "/parameters");
  const numbers = flatten(data ?? [], rows, width);
  requireSize(numbers.length, rows * width, "numbers", "/data");
  return requireCells(numbers, units);
}

/** Flat or nested numbers. A value that is not a number becomes NaN, which the check of the cells reports. */
function flatten(data: readonly unknown[], rows: number, width: number): Float64Array {
  const isNested = Array.isArray(data[0]);
  if (!isNested) return Float64Array.from(data, numberOf);
  requireSize(data.length, rows, "rows", "/data");
  const numbers = new Float64Array(rows * width);
  data.forEach((row, r) => {
    const list = Array.isArray(row) ? row : [];
    requireSize(list.length, width, "numbers in each row", `/data/${r}`);
    numbers.set(list.map(numberOf), r * width);
  });
  return numbers;
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : NaN;
}

function requireSize(given: number, expected: number, what: string, place: string): void {
  if (given === expected) return;
  throw invalid(
    `/inputs/0${place}`,
    `Cannot read x: expected ${expected} ${what}, got ${given}`,
  );
}
