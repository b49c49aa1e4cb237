/**
 * The bound and the likelihood of rows, by sampling: means of ln p(x | z), and importance-sampled ln p(x) = ln (1/K Σ_k
 * w_k), streamed over chunks of K (`row_sums.ts`).
 *
 * The draws of row r depend only on the seed, the row's index and the chunking of K, not on how rows are batched. They
 * are independent, so the error of a mean over rows follows from their spread. With `sameDraws`, for scoring single
 * rows, all rows use the draws of row 0, so the result of a row does not depend on its position.
 */
import type { Program } from "../../backends/backend.ts";
import { splitSeed } from "../../core/random/philox.ts";
import { requireNumber } from "../../core/validate.ts";
import { capacityOf } from "./map_rows.ts";
import { type Matrix, rowsOf } from "../rows/matrix.ts";
import { type RowEvaluation, RowSums } from "./row_sums.ts";
import { type Steps, waitForAll } from "../steps.ts";

/** Options for sampling. */
export interface EvaluationOptions {
  /** Draws of z per row. */
  readonly samples?: number;
  /** Draws of z ~ p(z) per row, for `priorLogLikelihood`. Default: none. */
  readonly priorSamples?: number;
  /** Fixes the draws. Default: 0. */
  readonly seed?: number;
  /**
   * The index of the first row, if the rows are part of a larger set.
   * @internal
   */
  readonly firstRow?: number;
  /**
   * Whether all rows use the same draws.
   * @internal
   */
  readonly sameDraws?: boolean;
}

/** The keys of `EvaluationOptions`. */
export const EVALUATION_KEYS = ["samples", "priorSamples", "seed", "firstRow", "sameDraws"];

/** Evaluation of rows by a model. */
export interface Evaluation extends RowEvaluation {
  /**
   * Number of latent dimensions, of the layer next to the data, whose posterior mean varies over the rows by more than
   * 0.01
   */
  readonly activeUnits: number;
  /** The same for every layer, from the data up */
  readonly activeUnitsPerLayer: readonly number[];
  /**
   * ln (1/K Σ p(x | z)), z ~ p(z), per row; only if requested. Such draws rarely fit the row, so this is far below
   * `logLikelihood` unless K is huge
   */
  readonly priorLogLikelihood?: Float64Array;
}

/** Maximum number of draws in one run; more are streamed. */
export const SAMPLE_CHUNK = 64;

/** Number of decoder rows in one run. */
const DECODER_ROWS = 1024;

type Compile = (capacity: number, samples: number) => Program;

type Prepare = (program: Program, first: number, count: number) => void;

type RowOptions = Pick<EvaluationOptions, "samples" | "seed" | "firstRow" | "sameDraws">;

/**
 * Evaluates rows with a program that computes the terms of the draws, in steps of one run each. Between steps the
 * caller may do other work, with the same program too.
 * @param compile returns the program for a number of rows and draws per run; it is called before each run, so
 *   it should cache its result
 * @param prepare writes the inputs other than `x` and `key`, for `count` rows from `first` on
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
  // The draws of a run are numbered by row, so runs of a single row give all rows the same draws.
  const requestedRows = sameDraws ? 1 : Math.max(1, Math.floor(DECODER_ROWS / perRun));
  const [seedLow, seedHigh] = splitSeed(options.seed ?? 0);
  const [rows] = x.shape;
  const compiled = compile(requestedRows, perRun), capacity = sameDraws ? 1 : capacityOf(compiled);
  const sums = new RowSums(rows, compiled);
  for (let first = 0; first < rows; first += capacity) {
    const count = Math.min(capacity, rows - first);
    for (let drawn = 0; drawn < samples; drawn += perRun) {
      // Requested and written again for each run: between steps the program may have been used or disposed of.
      const program = compile(requestedRows, perRun);
      program.write("x", rowsOf(x, first, count));
      prepare?.(program, first, count);
      // A model without noise has no key.
      if (program.plan.inputs.has("key")) {
        const row = sameDraws ? 0 : firstRow + first;
        program.write("key", [seedLow, seedHigh, drawn / perRun, row]);
      }
      program.run(count);
      yield waitForAll([
        sums.add(program, first, count, Math.min(perRun, samples - drawn), perRun),
        drawn === 0 ? sums.addKl(program, first, count) : undefined,
      ]);
    }
  }
  return sums.finish(samples);
}
