/**
 * Decomposes the mean KL of a data set (Hoffman and Johnson, "ELBO surgery", 2016; Chen, Li, Grosse and Duvenaud,
 * 2018), in nats per row, with q(z) = 1/N Σ_n q(z | x_n) over all of its N rows:
 *
 *   E_rows KL(q(z | x) ‖ p(z)) = I(x; z) + TC + Σ_d KL(q(z_d) ‖ p(z_d))        see `objectives/beta_tc.ts`
 *
 * Each part is a mean over draws, and every draw is evaluated under the q of every row: N² densities, in chunks, summed
 * in float64. The parts add up exactly to the mean of ln q(z | x) - ln p(z) over the same draws. I(x; z) is at most ln
 * N, so few rows underestimate it.
 */
import { portableExp, portableLog, portableLog1p } from "../../core/portable.ts";
import type { SyncProgram } from "../../backends/backend.ts";
import { splitSeed } from "../../core/random/philox.ts";
import { requireNumber, requireObject } from "../../core/validate.ts";
import { createGraph } from "../../graph/graph.ts";
import { type Plan, plan } from "../../graph/plan.ts";
import { drawnNoise } from "../../layers/noise.ts";
import { createScope } from "../../layers/scope.ts";
import { modelTerms } from "../../models/model_terms.ts";
import { rowsInput } from "../../models/batch_rows.ts";
import { jointUnder, relativeSums } from "../../objectives/beta_tc.ts";
import type { Node } from "../../ops/spec.ts";
import { type Matrix, rowsOf } from "../../trained/rows/matrix.ts";
import type { OnHost } from "../../trained/on_host.ts";

/** Options for the draws. */
export interface SurgeryOptions {
  /** Draws of z per row. Default: 1. */
  readonly samples?: number;
  /** Fixes the draws. Default: 0. */
  readonly seed?: number;
}

/** Means over rows and draws, nats; kl is the sum of the three parts. */
export interface ElboSurgery {
  /** E[ln q(z | x) - ln p(z)]. */
  readonly kl: number;
  /** I(x; z) between a row's index and its z, 0 to ln N. */
  readonly mutualInformation: number;
  /** KL(q(z) ‖ Π_d q(z_d)), ≥ 0 up to sampling. */
  readonly totalCorrelation: number;
  /** Σ_d KL(q(z_d) ‖ p(z_d)), ≥ 0 up to sampling, if the dimensions of p are independent. */
  readonly dimensionwiseKl: number;
}

type Model = Pick<OnHost, "spec" | "parameters" | "compile">;

/** In one run: rows that z is drawn for, and rows under whose q it is evaluated. */
const BATCH_ROWS = 32, REFERENCE_ROWS = 128;

/** @throws RangeError if q(z | x) is not one diagonal Gaussian, or there are no rows */
export function surgeryOf(model: Model, x: Matrix, options: SurgeryOptions): ElboSurgery {
  const { samples = 1, seed = 0 } = requireObject("surgery options", options, ["samples", "seed"]);
  const draws = requireNumber("samples", samples, { min: 1, max: 1024, integer: true });
  const key = splitSeed(requireNumber("seed", seed, { integer: true }));
  const [rows] = x.shape;
  requireNumber("rows", rows, { min: 1 });
  const programs = new Map<number, SyncProgram>();
  const programFor = (reference: number) => {
    if (!programs.has(reference)) {
      programs.set(reference, model.compile(surgeryPlan(model, draws, reference)));
    }
    return programs.get(reference)!;
  };
  try {
    const sums = { joint: 0, marginals: 0, posterior: 0, prior: 0 };
    for (let first = 0; first < rows; first += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, rows - first);
      const batch = rowsOf(x, first, count);
      const chunk = new DrawSums(count * draws);
      for (let firstReference = 0; firstReference < rows; firstReference += REFERENCE_ROWS) {
        const reference = Math.min(REFERENCE_ROWS, rows - firstReference);
        const program = programFor(reference);
        program.write("x", batch);
        program.write("key", [...key, 0, first]);
        program.write("reference", rowsOf(x, firstReference, reference));
        program.run(count);
        chunk.add(program);
      }
      chunk.finish(rows, sums);
    }
    const mean = (sum: number) => sum / (rows * draws);
    return {
      kl: mean(sums.posterior - sums.prior),
      mutualInformation: mean(sums.posterior - sums.joint),
      totalCorrelation: mean(sums.joint - sums.marginals),
      dimensionwiseKl: mean(sums.marginals - sums.prior),
    };
  } finally {
    for (const program of programs.values()) program.dispose();
  }
}

/**
 * Evaluates the draws of a batch under some rows: joint `[K·B, 1]` = ln Σ_j q(z | x_j), marginals `[K·B, L]` = Σ_j
 * q(z_d | x_j) / q(z_d | x), own `[K·B, L]` = ln q(z_d | x), posterior and prior `[K·B, 1]`.
 */
function surgeryPlan({ spec, parameters }: Model, samples: number, reference: number): Plan {
  const g = createGraph();
  const scope = createScope(g, { noise: drawnNoise });
  const referenceRows = { rows: reference, trainingRows: reference };
  const terms = modelTerms(scope, spec, rowsInput(g, spec), { samples, reference: referenceRows });
  const { aggregate } = terms;
  if (!aggregate) {
    throw new RangeError(
      "Cannot split the KL: q(z | x) must be one diagonal Gaussian layer without flows",
    );
  }
  const { own, others } = aggregate;
  const perDraw = (columns: Node) => g.reshape(columns, { ...own.shape, cols: 1 });
  const outputs = {
    joint: g.logSumExpCols(jointUnder(g, own, others, reference)),
    marginals: relativeSums(g, own, others, reference),
    own,
    posterior: perDraw(terms.logPosteriors),
    prior: perDraw(terms.logPriors),
  };
  return plan(g, { outputs, capacity: BATCH_ROWS, parameters });
}

/** Running sums for the draws of a batch, over chunks of the other rows. */
class DrawSums {
  readonly #draws: number;
  readonly #joint: Float64Array;
  #relative = new Float64Array();
  #last?: SyncProgram;

  constructor(draws: number) {
    this.#draws = draws;
    this.#joint = new Float64Array(draws).fill(-Infinity);
  }

  add(program: SyncProgram): void {
    const joint = this.#read(program, "joint"), relative = this.#read(program, "marginals");
    joint.forEach((value, i) => this.#joint[i] = logAddExp(this.#joint[i], value));
    if (!this.#last) this.#relative = relative;
    else relative.forEach((value, i) => this.#relative[i] += value);
    this.#last = program;
  }

  /** Adds the four log-densities of all draws, q(z) and q(z_d) as means over `rows` rows. */
  finish(rows: number, sums: Record<"joint" | "marginals" | "posterior" | "prior", number>): void {
    const own = this.#read(this.#last!, "own"), logRows = portableLog(rows);
    this.#joint.forEach((value) => sums.joint += value - logRows);
    own.forEach((value, i) => sums.marginals += value + portableLog(this.#relative[i]) - logRows);
    for (const name of ["posterior", "prior"] as const) {
      this.#read(this.#last!, name).forEach((value) => sums[name] += value);
    }
  }

  #read(program: SyncProgram, output: string): Float64Array<ArrayBuffer> {
    const { cols } = program.plan.outputs.get(output)!.shape;
    const values = new Float64Array(this.#draws * cols);
    program.read(output, values);
    return values;
  }
}

/** ln (e^a + e^b). */
function logAddExp(a: number, b: number): number {
  const largest = Math.max(a, b);
  return largest === -Infinity ? -Infinity : largest + portableLog1p(portableExp(-Math.abs(a - b)));
}
