/**
 * The JSON of a long body in steps, with the same result as `JSON.parse`. The list of rows, which is nearly all of it,
 * is cut at commas between rows, and each slice is parsed by itself.
 *
 *   {"rows": [ row, row, …   , row, … ], "samples": 500}
 *    head    | slice         | slice   | tail
 *
 * Any other body is parsed in one step, such as one with a byte order mark, or in which a
 * later key might be "rows" too.
 */
import type { Steps } from "../../trained/steps.ts";
import { BODY, malformed, malformedJson, MAX_DEPTH, parseJson, tooDeep } from "./json.ts";

/** From this size on a body is read in steps, others meanwhile: less takes a millisecond at most. */
export const LONG_BODY = 1 << 16;

/** Bytes of a slice. */
const SLICE = 1 << 15;

const ASCII = 0x7f, COMMA = 0x2c, QUOTE = 0x22, BACKSLASH = 0x5c;
const OPEN = 0x5b, CLOSE = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/** From the last quoted text on; and the most bytes of that, with its spaces. */
const MAX_KEY = 64, ROWS = /^"rows"\s*:\s*\[$/;

/** Keeps a byte order mark, which would be an error between rows. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws Problem unless the bytes are one JSON value in UTF-8 within the limit of depth */
export function* parseJsonSteps(bytes: Uint8Array): Steps<unknown> {
  const cuts = yield* cutsOf(bytes);
  if (!cuts || bytes[0] > ASCII) return parseJson(bytes);
  try {
    const tail = textOf(bytes, cuts.at(-1)!);
    // A later "rows" would be the one that counts, however it is written.
    if (/rows|\\/.test(tail)) return parseJson(bytes);
    const body = JSON.parse(`${textOf(bytes, 0, cuts[0])}${tail}`), rows: unknown[] = [];
    for (let i = 1; i < cuts.length; i++) {
      // All but the first begin at a comma.
      const isFirst = i === 1, start = cuts[i - 1] + Number(!isFirst);
      const slice: unknown[] = JSON.parse(`[${textOf(bytes, start, cuts[i])}]`);
      if (slice.length === 0 && !isFirst) throw malformedJson(malformed(BODY));
      for (const row of slice) rows.push(row);
      yield;
    }
    return { ...body, rows };
  } catch (_error) {
    throw malformedJson(malformed(BODY));
  }
}

/**
 * The places behind the bracket that opens the rows, of commas between some of them, and of the bracket that closes
 * them; undefined without such a list.
 */
function* cutsOf(bytes: Uint8Array): Steps<readonly number[] | undefined> {
  const cuts: number[] = [];
  let depth = 0, inString = false, quote = 0, areRows = false, pause = SLICE;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
      quote = i;
    } else if (byte === OPEN || byte === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) throw malformedJson(tooDeep(BODY));
      if (depth === 2 && cuts.length === 0 && opensRows(bytes, quote, i)) {
        areRows = true;
        cuts.push(i + 1);
      }
    } else if (byte === CLOSE || byte === CLOSE_OBJECT) {
      if (depth-- !== 2 || !areRows) continue;
      areRows = false;
      cuts.push(i);
    } else if (byte === COMMA && areRows && depth === 2 && i - cuts.at(-1)! > SLICE) cuts.push(i);
    if (i < pause) continue;
    pause += SLICE;
    yield;
  }
  return areRows || cuts.length === 0 ? undefined : cuts;
}

/** @throws TypeError if it is not UTF-8 */
function textOf(bytes: Uint8Array, start: number, end = bytes.length): string {
  return UTF8.decode(bytes.subarray(start, end));
}

/** Whether the bracket at `end` opens the rows. @param quote where the last quoted text starts */
function opensRows(bytes: Uint8Array, quote: number, end: number): boolean {
  if (end - quote > MAX_KEY) return false;
  return ROWS.test(String.fromCharCode(...bytes.subarray(quote, end + 1)));
}
