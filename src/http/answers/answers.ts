/** The numbers that a verb computes, and how they are written as JSON or binary. */
import { LITTLE_ENDIAN, swapped } from "../../formats/safetensors/safetensors_types.ts";
import type { Pacer } from "../pacer.ts";
import { invalid, Problem } from "./problems.ts";

/** A verb's numbers, one row per row of the answer, `[rows, columns]` row-major; all finite except in `blanks`. */
export interface Numbers {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
  /** Which columns may be NaN. */
  readonly blanks?: readonly boolean[];
}

/** Whether the value is a NaN that its column allows. */
export function isBlank(value: number, column: number, blanks?: readonly boolean[]): boolean {
  return blanks?.[column] === true && Number.isNaN(value);
}

/** Writes one row of an answer as JSON; its numbers begin at `offset`. */
export type RowText = (data: Float64Array, offset: number) => string;

/** The most numbers in one answer: about 80 MB of JSON. */
export const MAX_NUMBERS = 4_000_000;

/** Numbers written as JSON in one piece. */
const NUMBERS_AT_ONCE = 20_000;

/**
 * Refuses a call that asks for more numbers than an answer may hold, before anything is computed.
 * @param pointer the field of the body that asks for this many rows
 */
export function requireAnswerSize(pointer: string, rows: number, numbersPerRow: number): void {
  if (rows * numbersPerRow <= MAX_NUMBERS) return;
  throw invalid(
    pointer,
    `Cannot answer with more than ${MAX_NUMBERS} numbers, got ${rows} rows of ${numbersPerRow}`,
  );
}

/** JSON cannot hold a number that is not finite, so a row that leads to one is refused. */
export function notFinite(r: number, pointer = `/rows/${r}`): Problem {
  const detail = `Cannot answer row ${r + 1}: the result is beyond the numbers of the model`;
  return new Problem("result-not-finite", detail, { faults: [{ pointer, detail }] });
}

/**
 * A JSON answer: `opening`, which is everything before the rows, and the rows. A long answer is a stream, written a
 * piece at a time as it is read.
 * @param pace makes what lets others have their turn between two pieces
 */
export function jsonOf(
  opening: string,
  { data, rows, columns }: Numbers,
  text: RowText,
  pace: () => Pick<Pacer, "yieldIfDue">,
): string | ReadableStream<Uint8Array> {
  if (rows === 1) return `${opening}${text(data, 0)}]}`;
  const perPiece = Math.max(1, Math.floor(NUMBERS_AT_ONCE / Math.max(1, columns)));
  const piece = (first: number) => {
    const lines = [];
    for (let r = first; r < Math.min(rows, first + perPiece); r++) {
      lines.push(text(data, r * columns));
    }
    return lines.join(",");
  };
  if (rows <= perPiece) return `${opening}${piece(0)}]}`;
  return streamOf((async function* () {
    const pacer = pace();
    yield opening;
    for (let first = 0; first < rows; first += perPiece) {
      await pacer.yieldIfDue();
      yield `${first ? "," : ""}${piece(first)}`;
    }
    yield "]}";
  })());
}

/** A stream of text that is produced as it is read. */
export function streamOf(
  pieces: Iterator<string> | AsyncIterator<string>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await pieces.return?.();
    },
  }, { highWaterMark: 0 });
}

/**
 * A binary answer: float32, little-endian, row-major.
 * @throws Problem for a number outside the range of float32
 */
export function floatsOf({ data, columns, blanks }: Numbers): Uint8Array<ArrayBuffer> {
  const floats = new Float32Array(data);
  for (let i = 0; i < floats.length; i++) {
    if (floats[i] - floats[i] === 0 || isBlank(floats[i], i % columns, blanks)) continue;
    throw notFinite(Math.floor(i / columns));
  }
  const bytes = new Uint8Array(floats.buffer);
  return LITTLE_ENDIAN ? bytes : swapped(bytes, 4);
}
