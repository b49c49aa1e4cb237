/**
 * The bound and the likelihood of rows, by sampling: means of ln p(x | z), and importance-sampled
 * ln p(x) = ln (1/K Σ_k w_k), streamed over chunks of K (`row_sums.ts`).
 *
 * Row r's draws depend on the seed, the row's index and K's chunking alone, never on how rows are
 * batched: independent, so that a mean over rows has the error that their spread says. Where rows are scored each by
 * itself, all take the draws of row 0 (`sameDraws`): what a row gets is then its own, wherever it stands.
 */
import type { Program } from "../../backends/backend.ts";
import { splitSeed } from "../../core/random/philox.ts";
import { requireNumber } from "../../core/validate.ts";
import { capacityOf } from "./map_rows.ts";
import type { Matrix } from "../rows/matrix.ts";
import { type RowEvaluation, RowSums } from "./row_sums.ts";
import { all, finish, type Steps } from "../steps.ts";

/** How to sample. */
export interface EvaluationOptions {
  /** Draws of z per row. */
  readonly samples?: number;
  /** Draws of z ~ p(z) per row, for `priorLogLikelihood`; none. */
  readonly priorSamples?: number;
  /** Fixes the draws; 0. */
  readonly seed?: number;
  /**
   * The index of the first row, where the rows are a part of more.
   * @internal
   */
  readonly firstRow?: number;
  /**
   * Whether every row takes the same draws.
   * @internal
   */
  readonly sameDraws?: boolean;
}

/** What they are called. */
export const EVALUATION_KEYS = ["samples", "priorSamples", "seed", "firstRow", "sameDraws"];

/** What a model says of rows. */
export interface Evaluation extends RowEvaluation {
  /** Latent dimensions, next to the data, whose posterior mean varies over the rows by more than 0.01 */
  readonly activeUnits: number;
  /** The same of every layer, from the data up */
  readonly activeUnitsPerLayer: readonly number[];
  /**
   * ln (1/K Σ p(x | z)), z ~ p(z), per row; only if asked for. Such draws hardly ever meet the row: far
   * below `logLikelihood` unless K is vast
   */
  readonly priorLogLikelihood?: Float64Array;
}

/** Draws taken in one run: more are streamed. */
export const SAMPLE_CHUNK = 64;

/** Decoder rows of one run. */
const DECODER_ROWS = 1024;

type Compile = (capacity: number, samples: number) => Program;

type Prepare = (program: Program, first: number, count: number) => void;

type RowOptions = Pick<EvaluationOptions, "samples" | "seed" | "firstRow" | "sameDraws">;

/**
 * @param compile the program that gives the draws' terms, for so many rows and draws of a run; asked
 *   before each run, so that it should keep what it made
 * @param prepare writes what it reads beside `x` and `key`, for rows from the first on
 */
export function evaluateRows(
  x: Matrix,
  options: RowOptions,
  compile: Compile,
  prepare?: Prepare,
): RowEvaluation {
  return finish(evaluationSteps(x, options, compile, prepare));
}

/**
 * `evaluateRows` in steps of one run each, so that a caller can do other things between them; those
 * may use the same program.
 */
export function* evaluationSteps(
  x: Matrix,
  options: RowOptions,
  compile: Compile,
  prepare?: Prepare,
): Steps<RowEvaluation> {
  const samples = requireNumber("samples", options.samples ?? 1, {
    min: 1,
    max: 1e6,
    integer: true,
  });
  const perRun = Math.min(samples, SAMPLE_CHUNK);
  const { firstRow = 0, sameDraws = false } = options;
  // The draws of a run are numbered through its rows: the same for all are those of one row a run.
  const asked = sameDraws ? 1 : Math.max(1, Math.floor(DECODER_ROWS / perRun));
  const [seedLow, seedHigh] = splitSeed(options.seed ?? 0);
  const [rows, width] = x.shape;
  const compiled = compile(asked, perRun), capacity = sameDraws ? 1 : capacityOf(compiled);
  const sums = new RowSums(rows, compiled);
  for (let first = 0; first < rows; first += capacity) {
    const count = Math.min(capacity, rows - first);
    for (let drawn = 0; drawn < samples; drawn += perRun) {
      // Asked for and written anew: between steps others may have used it, or sent it away.
      const program = compile(asked, perRun);
      program.write("x", x.data.subarray(first * width, (first + count) * width));
      prepare?.(program, first, count);
      // A model without noise has no key.
      if (program.plan.inputs.has("key")) {
        const row = sameDraws ? 0 : firstRow + first;
        program.write("key", [seedLow, seedHigh, drawn / perRun, row]);
      }
      program.run(count);
      yield all([
        sums.add(program, first, count, Math.min(perRun, samples - drawn), perRun),
        drawn === 0 ? sums.addKl(program, first, count) : undefined,
      ]);
    }
  }
  return sums.finish(samples);
}
