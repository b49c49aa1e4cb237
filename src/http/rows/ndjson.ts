/**
 * A stream of rows: one JSON value per line in, one line out for each, in order. A line that cannot be answered gets a
 * problem in its place, and the stream goes on. The body is read no faster than its answers are, so memory holds one
 * piece of it and that piece's answers, however long it is.
 *
 * Blank lines are skipped. A line that is too long, or a body that stalls, ends the stream with a problem.
 */
import type { Units } from "../../scoring/units.ts";
import type { Numbers } from "../answers/answers.ts";
import { parseJsonOf } from "../body/json.ts";
import { compute } from "../compute.ts";
import type { Pacer } from "../pacer.ts";
import { invalid, Problem, stoppingProblem } from "../answers/problems.ts";
import { problemDetails } from "../answers/responses.ts";
import { readRows } from "./rows.ts";
import { type StepCells, withoutNames } from "./step_names.ts";
import type { Work } from "../verbs/mod.ts";

export const NDJSON = "application/x-ndjson";

/** The most bytes in one line. */
const MAX_LINE = 2 ** 20;
/** Lines answered together. */
const BATCH = 128;
const LINE_FEED = 0x0a;

/** What answering a stream takes. */
export interface LineWork {
  readonly work: Work;
  readonly units: Units;
  /** The column that tells series apart, of a model of several. */
  readonly by?: string;
  readonly pacer: Pacer;
  /** Called with what some rows were answered. */
  count(numbers: Numbers): void;
  /** Whether the server is stopping; if so, the stream ends with a problem that says so. */
  isStopping(): boolean;
}

/** The lines of the answer, some at a time. */
export async function* answerLines(
  pieces: AsyncIterable<Uint8Array>,
  task: LineWork,
): AsyncGenerator<string> {
  let row = 0;
  try {
    for await (const lines of linesOf(pieces)) {
      for (let first = 0; first < lines.length; first += BATCH) {
        const batch = lines.slice(first, first + BATCH);
        yield (await answerBatch(batch, row, task)).join("");
        row += batch.length;
        await task.pacer.yieldIfDue();
        if (task.isStopping()) throw stoppingProblem();
      }
      // Also after pieces that complete no line: a million of them are work, too.
      await task.pacer.yieldIfDue();
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    yield problemLine(error, row);
  }
}

/** Answers all lines of a batch at once or, if one of them is refused, each by itself. */
async function answerBatch(
  lines: readonly Uint8Array[],
  first: number,
  task: LineWork,
): Promise<string[]> {
  try {
    const { work, pacer } = task;
    const cells = cellsOf(lines, first, task);
    const numbers = await compute(work, cells, pacer, first), { data, columns } = numbers;
    await work.lookAgain?.(data, cells, first, pacer);
    task.count(numbers);
    return lines.map((_, r) => `${work.text(data, r * columns)}\n`);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (lines.length === 1) return [problemLine(error, first)];
    const answers = [];
    for (const [r, line] of lines.entries()) {
      answers.push(...await answerBatch([line], first + r, task));
    }
    return answers;
  }
}

/** @param first the index of the first line in the stream */
function cellsOf(
  lines: readonly Uint8Array[],
  first: number,
  { units, by }: Pick<LineWork, "units" | "by">,
): StepCells {
  const fault = (detail: string) => invalid("", detail);
  const values = lines.map((line, i) => parseJsonOf(`row ${first + i + 1}`, line, fault));
  const { rows, names } = withoutNames(values, by, first);
  return { ...readRows(rows, units, first), ...(names && { names }) };
}

/** A line has no body of its own that a pointer could lead into. */
function problemLine({ kind, message }: Problem, row: number): string {
  return `${JSON.stringify({ ...problemDetails(new Problem(kind, message)), row: row + 1 })}\n`;
}

/**
 * The lines that each piece of the body completes.
 * @throws Problem for a line that is too long
 */
async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  const rest = new LineStart();
  for await (const piece of pieces) {
    const lines: Uint8Array[] = [];
    let first = 0;
    for (let end; (end = piece.indexOf(LINE_FEED, first)) >= 0; first = end + 1) {
      lines.push(rest.complete(piece.subarray(first, end)));
    }
    rest.add(piece.subarray(first));
    yield lines.filter(hasContent);
    if (rest.length > MAX_LINE) {
      throw new Problem("body-too-large", `Cannot read row: a line has at most ${MAX_LINE} bytes`);
    }
  }
  yield [rest.complete(new Uint8Array())].filter(hasContent);
}

/** What has arrived of a line, in memory that grows by doubling: pieces may be a byte long. */
class LineStart {
  #bytes = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** The whole line; the next one starts after it. A copy, because pieces may share their memory. */
  complete(end: Uint8Array): Uint8Array {
    if (this.#length === 0) return end.slice();
    this.add(end);
    const line = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return line;
  }
}

/** Whether the line holds more than JSON whitespace. */
function hasContent(line: Uint8Array): boolean {
  return line.some((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0d);
}
