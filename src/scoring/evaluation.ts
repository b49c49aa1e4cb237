/**
 * The bound and the likelihood of rows, by sampling: means of ln p(x | z), and importance-sampled
 * ln p(x) = ln (1/K Σ_k w_k) as a log-sum-exp that is streamed over chunks of K.
 *
 * Row r's draws depend on the seed, the row's index and K's chunking alone, never on how rows are
 * batched.
 */
import { portableExp, portableLog } from "../core/portable.ts";
import type { Program } from "../backends/backend.ts";
import { splitSeed } from "../core/philox.ts";
import { requireNumber } from "../core/validate.ts";
import { capacityOf } from "./engine.ts";
import type { Matrix } from "./matrix.ts";
import { after, all, finish, type Steps, type Wait } from "./steps.ts";

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
}

/** What a model says of rows. */
export interface Evaluation extends RowEvaluation {
  /** Latent dimensions, next to the data, whose posterior mean varies over the rows by more than 0.01 */
  readonly activeUnits: number;
  /**
   * ln (1/K Σ p(x | z)), z ~ p(z), per row; only if asked for. Such draws hardly ever meet the row: far
   * below `logLikelihood` unless K is vast
   */
  readonly priorLogLikelihood?: Float64Array;
}

/** Per row, nats. */
export interface RowEvaluation {
  /** reconstruction - kl */
  readonly elbo: Float64Array;
  /** E_q[ln p(x | z)] */
  readonly reconstruction: Float64Array;
  /** KL(q ‖ p): see `klForm` */
  readonly kl: Float64Array;
  /** "closed", or "sampled": the mean of ln q - ln p over the draws */
  readonly klForm: "closed" | "sampled";
  /** ln p(x), importance-sampled: a lower bound in expectation that rises with K */
  readonly logLikelihood: Float64Array;
  /** (Σ w)² / Σ w²: how many of the K draws carry the estimate, 1 … K */
  readonly effectiveSamples: Float64Array;
  /** Mean KL of each latent dimension over the rows, `[L]`; empty where it has no closed form */
  readonly klPerDimension: Float64Array;
}

/** Draws taken in one run: more are streamed. */
export const SAMPLE_CHUNK = 64;

/** Decoder rows of one run. */
const DECODER_ROWS = 1024;

type Compile = (capacity: number, samples: number) => Program;

type Prepare = (program: Program, first: number, count: number) => void;

type RowOptions = Pick<EvaluationOptions, "samples" | "seed" | "firstRow">;

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
  const asked = Math.max(1, Math.floor(DECODER_ROWS / perRun));
  const [seedLow, seedHigh] = splitSeed(options.seed ?? 0);
  const { firstRow = 0 } = options;
  const [rows, width] = x.shape;
  const compiled = compile(asked, perRun), capacity = capacityOf(compiled);
  const sums = new RowSums(rows, compiled.plan.outputs.get("kl")?.shape.cols ?? 0);
  for (let first = 0; first < rows; first += capacity) {
    const count = Math.min(capacity, rows - first);
    for (let drawn = 0; drawn < samples; drawn += perRun) {
      // Asked for and written anew: between steps others may have used it, or sent it away.
      const program = compile(asked, perRun);
      program.write("x", x.data.subarray(first * width, (first + count) * width));
      prepare?.(program, first, count);
      // A model without noise has no key.
      if (program.plan.inputs.has("key")) {
        program.write("key", [seedLow, seedHigh, drawn / perRun, firstRow + first]);
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

/** Running sums over draws: Σ ln p(x | z), and Σ w, Σ w² relative to the largest ln w so far. */
class RowSums {
  readonly #logLikelihood: Float64Array;
  readonly #largest: Float64Array;
  readonly #weights: Float64Array;
  readonly #squares: Float64Array;
  readonly #logWeights: Float64Array;
  readonly #kl: Float64Array;
  readonly #klPerDimension: Float64Array;

  /** @param latent dimensions whose KL the program gives; 0 where it has no closed form */
  constructor(rows: number, latent: number) {
    this.#logLikelihood = new Float64Array(rows);
    this.#largest = new Float64Array(rows).fill(-Infinity);
    this.#weights = new Float64Array(rows);
    this.#squares = new Float64Array(rows);
    this.#logWeights = new Float64Array(rows);
    this.#kl = new Float64Array(rows);
    this.#klPerDimension = new Float64Array(latent);
  }

  add(program: Program, first: number, rows: number, used: number, drawn: number): Wait {
    const logLikelihoods = new Float64Array(rows * drawn),
      logWeights = new Float64Array(rows * drawn);
    const read = all([
      program.read("logLikelihoods", logLikelihoods),
      program.read("logWeights", logWeights),
    ]);
    return after(read, () => {
      for (let r = 0; r < rows; r++) {
        for (let k = 0; k < used; k++) {
          this.#logLikelihood[first + r] += logLikelihoods[r * drawn + k];
          this.#addWeight(first + r, logWeights[r * drawn + k]);
        }
      }
    });
  }

  #addWeight(row: number, logWeight: number): void {
    this.#logWeights[row] += logWeight;
    const before = this.#largest[row];
    const largest = Math.max(before, logWeight);
    if (largest === -Infinity) return;
    const shrink = portableExp(before - largest), weight = portableExp(logWeight - largest);
    this.#largest[row] = largest;
    this.#weights[row] = this.#weights[row] * shrink + weight;
    this.#squares[row] = this.#squares[row] * shrink * shrink + weight * weight;
  }

  addKl(program: Program, first: number, rows: number): Wait {
    const latent = this.#klPerDimension.length;
    if (latent === 0) return;
    const kl = new Float64Array(rows * latent);
    return after(program.read("kl", kl), () => {
      kl.forEach((nats, i) => {
        this.#kl[first + Math.floor(i / latent)] += nats;
        this.#klPerDimension[i % latent] += nats;
      });
    });
  }

  finish(samples: number): RowEvaluation {
    const reconstruction = this.#logLikelihood.map((sum) => sum / samples);
    const rows = reconstruction.length;
    const closed = this.#klPerDimension.length > 0;
    // ln p(x | z) - ln w = ln q(z | x) - ln p(z).
    const kl = closed
      ? this.#kl
      : reconstruction.map((value, r) => value - this.#logWeights[r] / samples);
    return {
      reconstruction,
      kl,
      klForm: closed ? "closed" : "sampled",
      elbo: reconstruction.map((value, r) => value - kl[r]),
      logLikelihood: this.#largest.map((m, r) => m + portableLog(this.#weights[r] / samples)),
      effectiveSamples: this.#weights.map((sum, r) => sum * sum / this.#squares[r]),
      klPerDimension: this.#klPerDimension.map((sum) => rows === 0 ? 0 : sum / rows),
    };
  }
}
