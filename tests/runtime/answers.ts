/** Answers of runtimes, and how two of them are compared. */
import assert from "node:assert/strict";
import { assertRelative } from "../util/close.ts";
import type { Ask } from "./corpus.ts";

/** An answer of a runtime. */
export interface Answer {
  readonly status: number;
  /** Headers that the app sets; a server may add others. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Headers that are compared. */
export const COMPARED: readonly string[] = [
  "accept",
  "allow",
  "cache-control",
  "content-security-policy",
  "content-type",
  "elbow-model",
  "elbow-model-digest",
  "elbow-model-version",
  "elbow-shape",
  "inference-header-content-length",
  "referrer-policy",
  "www-authenticate",
  "x-content-type-options",
];

/** Nats, relative to 1 or the value: the difference if one machine fuses multiply-add and another does not. */
const FAST_TOLERANCE = 1e-5;

export function toRequest(origin: string, { method, path, headers, body }: Ask): Request {
  const given = body === undefined ? {} : { body: Uint8Array.fromBase64(body) };
  return new Request(origin + path, { method, headers: { ...headers }, ...given });
}

export async function answerOf(response: Response): Promise<Answer> {
  return {
    status: response.status,
    headers: headersOf(response.headers),
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

export function headersOf(headers: { get(name: string): string | null }): Record<string, string> {
  return Object.fromEntries(COMPARED.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value.toLowerCase().replace("; ", ";")]];
  }));
}

/** Compares byte for byte. */
export function requireSame(got: Answer, want: Answer, what: string): void {
  assert.deepEqual([got.status, got.headers], [want.status, want.headers], what);
  assert.equal(show(got), show(want), what);
}

/** Compares all but the last digits of numbers, and which kernels computed them. */
export function requireClose(got: Answer, want: Answer, what: string): void {
  assert.deepEqual([got.status, got.headers], [want.status, want.headers], what);
  const [left, right] = [partsOf(got), partsOf(want)];
  assert.equal(left.text, right.text, what);
  assertRelative(left.numbers, right.numbers, FAST_TOLERANCE, FAST_TOLERANCE, what);
}

/** An answer's text without its numbers, and its numbers: those in the text, then the binary ones. */
function partsOf({ body, headers }: Answer): { readonly text: string; readonly numbers: number[] } {
  const isBinary = headers["content-type"] === "application/octet-stream";
  const textBytes = Number(
    headers["inference-header-content-length"] ?? (isBinary ? 0 : body.length),
  );
  const numbers: number[] = [];
  const text = new TextDecoder().decode(body.subarray(0, textBytes))
    .replaceAll(/"device":\{[^}]*\}/g, "")
    .replaceAll(/(?<=[[:,])-?\d+(\.\d+)?([eE][-+]?\d+)?(?=[,\]}\n]|$)/g, (number) => {
      numbers.push(Number(number));
      return "#";
    });
  const json = isBinary && textBytes > 0 ? body.subarray(0, textBytes) : undefined;
  return { text, numbers: [...numbers, ...binaryNumbers(body.slice(textBytes), json)] };
}

/** float32 rows, or the tensors that the protocol's JSON announces. */
function binaryNumbers(bytes: Uint8Array<ArrayBuffer>, json?: Uint8Array): number[] {
  if (!json) return Array.from(new Float32Array(bytes.buffer));
  const { outputs }: {
    outputs: { datatype: string; parameters: { binary_data_size: number } }[];
  } = JSON.parse(new TextDecoder().decode(json));
  let offset = 0;
  return outputs.flatMap(({ datatype, parameters: { binary_data_size: size } }) => {
    const own = bytes.slice(offset, offset += size);
    return Array.from<number>(datatype === "FP64" ? new Float64Array(own.buffer) : own);
  });
}

function show({ body, headers }: Answer): string {
  return headers["content-type"] === "application/octet-stream"
    ? body.toBase64()
    : new TextDecoder().decode(body);
}
