/**
 * The JSON of a long body in steps, with the same result as `JSON.parse`. One list, which is nearly all of it, is cut
 * at commas between its items, and each slice is parsed by itself.
 *
 *   {"rows": [ row, row, …   , row, … ], "samples": 500}
 *    head    | slice         | slice   | tail
 *
 * Any other body is parsed in one step, such as one with a byte order mark, or in which the list's key may come twice.
 */
import type { Steps } from "../../trained/steps.ts";
import { BODY, malformed, malformedJson, MAX_DEPTH, parseJson, tooDeep } from "./json.ts";

/** From this size on a body is read in steps, others meanwhile: less takes a millisecond at most. */
export const LONG_BODY = 1 << 16;

/** Bytes of a slice. */
const SLICE = 1 << 15;

const ASCII = 0x7f, COMMA = 0x2c, QUOTE = 0x22, BACKSLASH = 0x5c;
const OPEN = 0x5b, CLOSE = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/** The most bytes from a key to the bracket behind it. */
const MAX_KEY = 64;

/** The list that is nearly all of a body. */
export interface LongList {
  readonly key: string;
  /** How many brackets are open within it. */
  readonly depth: number;
  /** The list in a parsed body, which may be anything. */
  of(body: unknown): unknown;
}

const ROWS: LongList = {
  key: "rows",
  depth: 2,
  of: (body) => (body as { rows?: unknown }).rows,
};

/** Keeps a byte order mark, which would be an error between rows. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws Problem unless the bytes are one JSON value in UTF-8 within the limit of depth */
export function* parseJsonSteps(bytes: Uint8Array, list: LongList = ROWS): Steps<unknown> {
  if (bytes.length < LONG_BODY) return parseJson(bytes);
  const cuts = yield* cutsOf(bytes, list);
  if (!cuts || bytes[0] > ASCII) return parseJson(bytes);
  try {
    const around = `${textOf(bytes, 0, cuts[0])}${textOf(bytes, cuts.at(-1)!)}`;
    // Of two such keys the later would be the one that counts, however it is written.
    if (around.includes("\\") || around.split(`"${list.key}"`).length > 2) return parseJson(bytes);
    const body = JSON.parse(around), items = list.of(body);
    if (!Array.isArray(items)) return parseJson(bytes);
    for (let i = 1; i < cuts.length; i++) {
      // All but the first begin at a comma.
      const isFirst = i === 1, start = cuts[i - 1] + Number(!isFirst);
      const slice: unknown[] = JSON.parse(`[${textOf(bytes, start, cuts[i])}]`);
      if (slice.length === 0 && !isFirst) throw malformedJson(malformed(BODY));
      for (const item of slice) items.push(item);
      yield;
    }
    return body;
  } catch (_error) {
    throw malformedJson(malformed(BODY));
  }
}

/** Rows written in a step. */
const STEP_ROWS = 256;

/** `JSON.stringify` of a body whose rows come first, if it has any. */
export function* jsonTextSteps({ rows, ...rest }: { rows?: readonly unknown[] }): Steps<string> {
  const tail = JSON.stringify(rest);
  if (!rows) return tail;
  let text = '{"rows":[';
  for (let first = 0; first < rows.length; first += STEP_ROWS) {
    const part = JSON.stringify(rows.slice(first, first + STEP_ROWS)).slice(1, -1);
    text += `${first > 0 ? "," : ""}${part}`;
    yield;
  }
  return `${text}]${tail === "{}" ? "" : ","}${tail.slice(1)}`;
}

/**
 * The places behind the bracket that opens the list, of commas between some of its items, and of the bracket that
 * closes it; undefined without such a list.
 */
function* cutsOf(bytes: Uint8Array, { key, depth: within }: LongList): Steps<number[] | undefined> {
  const cuts: number[] = [], opening = new RegExp(`^"${key}"\\s*:\\s*\\[$`);
  let depth = 0, inString = false, quote = 0, isWithin = false, pause = SLICE;
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
      if (depth === within && cuts.length === 0 && endsIn(opening, bytes, quote, i)) {
        isWithin = true;
        cuts.push(i + 1);
      }
    } else if (byte === CLOSE || byte === CLOSE_OBJECT) {
      if (depth-- !== within || !isWithin) continue;
      isWithin = false;
      cuts.push(i);
    } else if (byte === COMMA && isWithin && depth === within && i - cuts.at(-1)! > SLICE) {
      cuts.push(i);
    }
    if (i < pause) continue;
    pause += SLICE;
    yield;
  }
  return isWithin || cuts.length === 0 ? undefined : cuts;
}

/** @throws TypeError if it is not UTF-8 */
function textOf(bytes: Uint8Array, start: number, end = bytes.length): string {
  return UTF8.decode(bytes.subarray(start, end));
}

/** Whether the bracket at `end` opens the list. @param quote where the last quoted text starts */
function endsIn(opening: RegExp, bytes: Uint8Array, quote: number, end: number): boolean {
  if (end - quote > MAX_KEY) return false;
  return opening.test(String.fromCharCode(...bytes.subarray(quote, end + 1)));
}
