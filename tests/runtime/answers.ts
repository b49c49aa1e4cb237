/** What a runtime answered, and how two answers are compared. */
import assert from "node:assert/strict";
import { assertRelative } from "../util/close.ts";
import type { Ask } from "./corpus.ts";

/** An answer as it left a runtime. */
export interface Answer {
  readonly status: number;
  /** Those that the app sets: what a server adds of its own is its own business. */
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

/** Nats, relative to 1 or the value: what differs where one machine fuses and another does not. */
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

/** Byte for byte. */
export function requireSame(got: Answer, want: Answer, what: string): void {
  assert.deepEqual([got.status, got.headers], [want.status, want.headers], what);
  assert.equal(show(got), show(want), what);
}

/** The same but for the last digits of numbers, and which kernels computed them. */
export function requireClose(got: Answer, want: Answer, what: string): void {
  assert.deepEqual([got.status, got.headers], [want.status, want.headers], what);
  const [left, right] = [partsOf(got), partsOf(want)];
  assert.equal(left.text, right.text, what);
  assertRelative(left.numbers, right.numbers, FAST_TOLERANCE, FAST_TOLERANCE, what);
}

/** An answer's text without its numbers, and its numbers: those of the text, then the binary ones. */
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

/** Float32 rows, or the tensors that the JSON of the protocol announces. */
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
