/**
 * Accumulates the terms of draws per row: means of ln p(x | z) and ln q - ln p, and ln (1/K Σ w) as a log-sum-exp
 * relative to the largest ln w so far.
 */
import type { Program } from "../../backends/backend.ts";
import { portableExp, portableLog } from "../../core/portable.ts";
import { after, type Wait, waitForAll } from "../steps.ts";

/** Evaluation per row, nats. */
export interface RowEvaluation {
  /** reconstruction - kl */
  readonly elbo: Float64Array;
  /** E_q[ln p(x | z)] */
  readonly reconstruction: Float64Array;
  /** KL(q ‖ p), see `klForm`; with a classifier including that of the class */
  readonly kl: Float64Array;
  /** "closed", or "sampled": the mean of ln q - ln p over the draws */
  readonly klForm: "closed" | "sampled";
  /** ln p(x), importance-sampled: a lower bound in expectation that rises with K */
  readonly logLikelihood: Float64Array;
  /** (Σ w)² / Σ w²: how many of the K draws contribute to the estimate, 1 … K */
  readonly effectiveSamples: Float64Array;
  /** Mean KL of each latent dimension over the rows, `[L]`; empty if there is no closed form */
  readonly klPerDimension: Float64Array;
  /** Mean KL of each layer over the rows, from the data up, see `klForm` */
  readonly klPerLayer: Float64Array;
  /** Mean KL(q(y | x) ‖ p(y)) over the rows, ln C for a known class; only with a classifier */
  readonly klOfClass?: number;
}

/** Running sums over draws: Σ ln p(x | z), and Σ w, Σ w² relative to the largest ln w so far. */
export class RowSums {
  readonly #logLikelihood: Float64Array;
  readonly #largest: Float64Array;
  readonly #weights: Float64Array;
  readonly #squares: Float64Array;
  readonly #logWeights: Float64Array;
  /** Σ (ln q - ln p) of each layer's draws, by output name; empty if the KL has a closed form. */
  readonly #divergences: ReadonlyMap<string, Float64Array>;
  readonly #kl: Float64Array;
  readonly #klOfClass?: Float64Array;
  readonly #klPerDimension: Float64Array;

  constructor(rows: number, { plan: { outputs } }: Pick<Program, "plan">) {
    this.#logLikelihood = new Float64Array(rows);
    this.#largest = new Float64Array(rows).fill(-Infinity);
    this.#weights = new Float64Array(rows);
    this.#squares = new Float64Array(rows);
    this.#logWeights = new Float64Array(rows);
    const layers = [...outputs.keys()].filter((name) => name.startsWith("divergence."));
    this.#divergences = new Map(layers.map((name) => [name, new Float64Array(rows)]));
    this.#kl = new Float64Array(rows);
    this.#klOfClass = outputs.has("klOfClass") ? new Float64Array(rows) : undefined;
    this.#klPerDimension = new Float64Array(outputs.get("kl")?.shape.cols ?? 0);
  }

  add(program: Program, first: number, rows: number, used: number, drawn: number): Wait {
    const logLikelihoods = new Float64Array(rows * drawn),
      logWeights = new Float64Array(rows * drawn);
    const divergences = [...this.#divergences].map(([name, sums]) => {
      return { name, sums, values: new Float64Array(rows * drawn) };
    });
    const read = waitForAll([
      program.read("logLikelihoods", logLikelihoods),
      program.read("logWeights", logWeights),
      ...divergences.map(({ name, values }) => program.read(name, values)),
    ]);
    return after(read, () => {
      for (let r = 0; r < rows; r++) {
        for (let k = 0; k < used; k++) {
          this.#logLikelihood[first + r] += logLikelihoods[r * drawn + k];
          this.#addWeight(first + r, logWeights[r * drawn + k]);
        }
      }
      divergences.forEach(({ sums, values }) => {
        for (let r = 0; r < rows; r++) {
          for (let k = 0; k < used; k++) sums[first + r] += values[r * drawn + k];
        }
      });
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
    return waitForAll([
      this.#klOfClass && program.read("klOfClass", this.#klOfClass.subarray(first, first + rows)),
      this.#addClosedKl(program, first, rows),
    ]);
  }

  #addClosedKl(program: Program, first: number, rows: number): Wait {
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
    const rows = reconstruction.length, klOfClass = this.#klOfClass;
    const meanOf = (sum: number) => rows === 0 ? 0 : sum / rows;
    const isClosed = this.#klPerDimension.length > 0;
    const klOfLatents = isClosed ? this.#kl : this.#sampledKl(reconstruction, samples);
    const kl = klOfClass ? klOfLatents.map((value, r) => value + klOfClass[r]) : klOfLatents;
    const layers = [...this.#divergences.values()].map((sums) => meanOf(total(sums) / samples));
    return {
      reconstruction,
      kl,
      klForm: isClosed ? "closed" : "sampled",
      elbo: reconstruction.map((value, r) => value - kl[r]),
      logLikelihood: this.#largest.map((m, r) => m + portableLog(this.#weights[r] / samples)),
      effectiveSamples: this.#weights.map((sum, r) => sum * sum / this.#squares[r]),
      klPerDimension: this.#klPerDimension.map(meanOf),
      klPerLayer: Float64Array.from(layers.length > 0 ? layers : [meanOf(total(klOfLatents))]),
      ...(klOfClass && { klOfClass: meanOf(total(klOfClass)) }),
    };
  }

  /** The mean of ln q - ln p over the draws; if the program does not output it, of ln p(x | z) - ln w. */
  #sampledKl(reconstruction: Float64Array, samples: number): Float64Array {
    const layers = [...this.#divergences.values()];
    if (layers.length === 0) {
      return reconstruction.map((value, r) => value - this.#logWeights[r] / samples);
    }
    return reconstruction.map((_, r) => layers.reduce((sum, each) => sum + each[r], 0) / samples);
  }
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
