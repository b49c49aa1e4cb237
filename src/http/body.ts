/**
 * A request's body as a JSON value. Bytes are counted as they arrive, whatever the headers claim,
 * and nesting is limited before anything is parsed.
 *
 * Of a key that stands twice in one object the last value counts, as in every JSON.parse.
 */
import { Problem } from "./problems.ts";

/** Levels of arrays and objects; no body of this API needs more than three. */
const MAX_DEPTH = 8;

/** @throws Problem unless the body is UTF-8 JSON within the limits, and its headers say so */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  requireJson(request.headers);
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const bytes = await readBytes(request, maxBytes);
  if (isDeeper(bytes, MAX_DEPTH)) {
    throw malformed(`Cannot read body: it nests deeper than ${MAX_DEPTH} levels`);
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (_error) {
    throw malformed("Cannot read body: expected one JSON value in UTF-8");
  }
}

function requireJson(headers: Headers): void {
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding.trim().toLowerCase() !== "identity") {
    throw new Problem("unsupported-media-type", "Cannot read body: it must not be compressed");
  }
  const [type, ...parameters] = (headers.get("content-type") ?? "").toLowerCase().split(";");
  const charset = parameters.map((each) => each.trim()).find((each) => each.startsWith("charset="));
  const right = charset === undefined || /^charset="?utf-8"?$/.test(charset);
  if (type.trim() === "application/json" && right) return;
  throw new Problem(
    "unsupported-media-type",
    "Cannot read body: content-type must be application/json, in UTF-8",
    { headers: { accept: "application/json" } },
  );
}

/** Copies chunks into one buffer that grows by doubling: their number does not matter. */
async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  let bytes = new Uint8Array(1024), length = 0;
  try {
    for await (const chunk of request.body ?? []) {
      if (length + chunk.length > maxBytes) throw tooLarge(maxBytes);
      if (length + chunk.length > bytes.length) {
        const grown = new Uint8Array(Math.max(2 * bytes.length, length + chunk.length));
        grown.set(bytes.subarray(0, length));
        bytes = grown;
      }
      bytes.set(chunk, length);
      length += chunk.length;
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw malformed("Cannot read body: it broke off before its end");
  }
  return bytes.subarray(0, length);
}

/** Whether brackets outside of strings nest deeper than `limit`. */
function isDeeper(bytes: Uint8Array, limit: number): boolean {
  const QUOTE = 0x22, BACKSLASH = 0x5c;
  let depth = 0, inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === 0x5b || byte === 0x7b) { // [ {
      if (++depth > limit) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--; // ] }
  }
  return false;
}

function tooLarge(maxBytes: number): Problem {
  return new Problem("body-too-large", `Cannot read body: at most ${maxBytes} bytes are accepted`);
}

function malformed(detail: string): Problem {
  return new Problem("malformed-json", detail);
}
