/** Runs a program over all rows of an input, in chunks of the program's capacity, and checks each result. */
import type { Program } from "../../backends/backend.ts";
import { splitSeed } from "../../core/random/philox.ts";
import type { Plan } from "../../graph/plan.ts";
import { requireFiniteRows } from "../finite.ts";
import type { ProgramSize } from "../programs/program_size.ts";
import { type Matrix, rowsOf } from "../rows/matrix.ts";
import { after, type Steps, type Wait, waitForAll } from "../steps.ts";

/** Rows per run of a bulk program; their values stay in the processor's caches. */
export const BULK_ROWS = 128;

/** The maximum number of such chunks started at once, and of elements of an input or output in them. */
const MAX_CHUNKS = 32, MAX_ELEMENTS = 1 << 20;

/** Options for mapping rows. */
export interface MapOptions {
  /** For programs that draw noise. */
  readonly seed?: number;
  /** The action named in error messages. Default: the name of the program. */
  readonly action?: string;
}

/** Provides the programs of a model. A program must be used at once, and requested again after a wait. */
export interface Programs<Name extends string> {
  program(name: Name, size: ProgramSize): Program;
}

/**
 * Returns every output of a program as one matrix, in steps of one run each.
 * @throws NotFiniteError naming the row whose result exceeds float32
 */
export function* mapSteps<Name extends string>(
  programs: Programs<Name>,
  name: Name,
  input: string,
  x: Matrix,
  { seed, action = name }: MapOptions = {},
): Steps<Record<string, Matrix>> {
  const [rows] = x.shape;
  // Draws are numbered by row from the start of a run, so a program with noise must not be split into parallel chunks.
  const size = sizeFor(rows, seed === undefined);
  let program = programs.program(name, size);
  const capacity = capacityOf(program);
  const results: Record<string, Matrix> = {};
  for (const [output, { shape: { cols } }] of program.plan.outputs) {
    results[output] = { data: new Float32Array(rows * cols), shape: [rows, cols] };
  }
  for (let first = 0; first < rows; first += capacity) {
    if (first > 0) program = programs.program(name, size);
    const count = Math.min(capacity, rows - first);
    program.write(input, rowsOf(x, first, count));
    if (seed !== undefined && program.plan.inputs.has("key")) {
      program.write("key", [...splitSeed(seed), 0, first]);
    }
    program.run(count);
    const waits: Wait[] = [];
    for (const output in results) {
      const result = results[output], chunk = rowsOf(result, first, count);
      const check = () => requireFiniteRows(action, chunk, result.shape[1], first);
      waits.push(after(program.read(output, chunk), check));
    }
    yield waitForAll(waits);
  }
  return results;
}

/** The size of a program for `rows` rows. @param canSplit whether they may be split into parallel chunks */
export function sizeFor(rows: number, canSplit = true): ProgramSize {
  return { capacity: BULK_ROWS, isBulk: rows > BULK_ROWS && canSplit, rows };
}

/** Maximum number of rows of a run. */
export function capacityOf({ capacity, plan }: Program): number {
  return capacity ?? plan.capacity;
}

/** How many chunks of a plan's capacity a run may have within the memory limit. */
export function chunksOf({ capacity, inputs, outputs }: Plan): number {
  const widths = [...inputs.values(), ...outputs.values()].map(({ shape: { rows, cols } }) => {
    return rows * cols;
  });
  const chunksInMemory = Math.floor(MAX_ELEMENTS / (capacity * Math.max(...widths)));
  return Math.max(1, Math.min(MAX_CHUNKS, chunksInMemory));
}
