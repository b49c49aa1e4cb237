/** What sampling from a Boltzmann machine and finding its ln Z take; parsed once, strictly. */
import { requireChoice, requireNumber, requireObject } from "../../core/validate.ts";
import type { Rows } from "../rows/matrix.ts";

/** How to find ln Z. */
export interface PartitionOptions {
  /** "exact" for up to 20 units in the smaller layer; "auto", the default, anneals beyond. */
  readonly method?: "auto" | "exact" | "ais";
  /** Annealing: chains, at least 2; 100. */
  readonly chains?: number;
  /** Annealing: steps from the start to the machine; 1000. */
  readonly temperatures?: number;
  /** Annealing: rows whose means the start has, such as the training rows; fair bits without. */
  readonly base?: Rows;
  /** Annealing: fixes the draws; 0. */
  readonly seed?: number;
  /** Cancels: rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How to draw from the machine. */
export interface RbmSampleOptions {
  /** Fixes the draws; 0. */
  readonly seed?: number;
  /** Gibbs sweeps from the start; 1000. */
  readonly sweeps?: number;
  /** Rows to start from, one for each draw; grey ones of ½ without. */
  readonly start?: Rows;
  /** E[v | h] of the last sweep in place of its draw. */
  readonly mean?: boolean;
  /** Cancels: rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const PARTITION_KEYS = ["method", "chains", "temperatures", "base", "seed", "signal"];
const SAMPLE_KEYS = ["seed", "sweeps", "start", "mean", "signal"];

/** Options with their defaults. @throws TypeError or RangeError naming the option */
export function parsePartition(options: PartitionOptions) {
  requireObject("partition options", options, PARTITION_KEYS);
  const { method = "auto", chains = 100, temperatures = 1000, base, seed = 0, signal } = options;
  return {
    method: requireChoice("method", method, ["auto", "exact", "ais"]),
    chains: requireNumber("chains", chains, { min: 2, max: 1e5, integer: true }),
    temperatures: requireNumber("temperatures", temperatures, { min: 1, max: 1e7, integer: true }),
    seed: requireNumber("seed", seed, { integer: true }),
    base,
    signal,
  };
}

/** Options with their defaults. @throws TypeError or RangeError naming the option */
export function parseSampling(options: RbmSampleOptions) {
  requireObject("sample options", options, SAMPLE_KEYS);
  const { seed = 0, sweeps = 1000, start, mean = false, signal } = options;
  return {
    seed: requireNumber("seed", seed, { integer: true }),
    sweeps: requireNumber("sweeps", sweeps, { min: 1, max: 2 ** 32 - 1, integer: true }),
    start,
    mean,
    signal,
  };
}
