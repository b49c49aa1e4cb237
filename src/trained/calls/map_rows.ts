/**
 * A program over all rows of an input, however many: in chunks of what it takes at once, each checked.
 */
import type { Program } from "../../backends/backend.ts";
import { splitSeed } from "../../core/random/philox.ts";
import type { Plan } from "../../graph/plan.ts";
import { requireFiniteRows } from "../finite.ts";
import type { Matrix } from "../rows/matrix.ts";
import { after, all, type Steps, type Wait } from "../steps.ts";

/** Rows that one run of a bulk program takes: their values stay in a processor's caches. */
export const BULK_ROWS = 128;

/** The most such runs that are started at once, and the most elements of an input or output of them. */
const MAX_CHUNKS = 32, MAX_ELEMENTS = 1 << 20;

/** The most rows of a run, and the draws of `evaluate` for each. */
export interface ProgramSize {
  readonly capacity: number;
  readonly samples?: number;
  /** Rows that there are: a device may take more of them at once. */
  readonly rows?: number;
  /** Whether a run may have many times the capacity, where the backend can take so many at once. */
  readonly isBulk?: boolean;
}

/** How to map rows. */
export interface MapOptions {
  /** For programs that draw noise. */
  readonly seed?: number;
  /** What errors say that cannot be done; the name of the program. */
  readonly action?: string;
}

/** What gives the programs of a model: each is to be used at once, and asked for anew after a wait. */
export interface Programs<Name extends string> {
  program(name: Name, size: ProgramSize): Program;
}

/**
 * Every output of a program as one matrix, in steps of one run each.
 * @throws NotFiniteError naming the row for which a value is beyond float32
 */
export function* mapSteps<Name extends string>(
  programs: Programs<Name>,
  name: Name,
  input: string,
  x: Matrix,
  { seed, action = name }: MapOptions = {},
): Steps<Record<string, Matrix>> {
  const [rows, width] = x.shape;
  // Draws are numbered by row, from one that is the whole run's.
  const size = { capacity: BULK_ROWS, isBulk: rows > BULK_ROWS && seed === undefined, rows };
  let program = programs.program(name, size);
  const capacity = capacityOf(program);
  const results: Record<string, Matrix> = {};
  for (const [output, { shape: { cols } }] of program.plan.outputs) {
    results[output] = { data: new Float32Array(rows * cols), shape: [rows, cols] };
  }
  for (let first = 0; first < rows; first += capacity) {
    if (first > 0) program = programs.program(name, size);
    const count = Math.min(capacity, rows - first);
    program.write(input, rowsOf(x.data, width, first, count));
    if (seed !== undefined && program.plan.inputs.has("key")) {
      program.write("key", [...splitSeed(seed), 0, first]);
    }
    program.run(count);
    const waits: Wait[] = [];
    for (const output in results) {
      const { data, shape: [, cols] } = results[output];
      const chunk = rowsOf(data, cols, first, count);
      const check = () => requireFiniteRows(action, chunk, cols, first);
      waits.push(after(program.read(output, chunk), check));
    }
    yield all(waits);
  }
  return results;
}

/** Some rows of a matrix, as a view only if they are not all: one costs as much as a short row's score. */
function rowsOf(data: Float32Array, width: number, first: number, count: number): Float32Array {
  const from = first * width, to = from + count * width;
  return from === 0 && to === data.length ? data : data.subarray(from, to);
}

/** The most rows of a run. */
export function capacityOf({ capacity, plan }: Program): number {
  return capacity ?? plan.capacity;
}

/** How many chunks of a plan's capacity a run may have, so that memory stays within bounds. */
export function chunksOf({ capacity, inputs, outputs }: Plan): number {
  const widths = [...inputs.values(), ...outputs.values()].map(({ shape: { rows, cols } }) => {
    return rows * cols;
  });
  const most = Math.floor(MAX_ELEMENTS / (capacity * Math.max(...widths)));
  return Math.max(1, Math.min(MAX_CHUNKS, most));
}
