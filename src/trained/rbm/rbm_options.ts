/** Options for sampling from a Boltzmann machine and computing its ln Z; parsed once, strictly. */
import { requireChoice, requireNumber, requireObject } from "../../core/validate.ts";
import type { Rows } from "../rows/matrix.ts";

/** Options for computing ln Z. */
export interface PartitionOptions {
  /** "exact" for up to 20 units in the smaller layer; "auto", the default, uses annealing for more. */
  readonly method?: "auto" | "exact" | "ais";
  /** Annealing: number of chains, at least 2. Default: 100. */
  readonly chains?: number;
  /** Annealing: steps from the base distribution to the machine. Default: 1000. */
  readonly temperatures?: number;
  /** Annealing: rows whose means define the base distribution, such as the training rows. Default: fair bits. */
  readonly base?: Rows;
  /** Annealing: fixes the draws. Default: 0. */
  readonly seed?: number;
  /** Cancels: rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options for sampling from the machine. */
export interface RbmSampleOptions {
  /** Fixes the draws. Default: 0. */
  readonly seed?: number;
  /** Gibbs sweeps from the start. Default: 1000. */
  readonly sweeps?: number;
  /** Rows to start from, one per draw. Default: grey rows of ½. */
  readonly start?: Rows;
  /** Return E[v | h] of the last sweep instead of its draw. */
  readonly mean?: boolean;
  /** Cancels: rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const PARTITION_KEYS = ["method", "chains", "temperatures", "base", "seed", "signal"];
const SAMPLE_KEYS = ["seed", "sweeps", "start", "mean", "signal"];

/** The options with their defaults. @throws TypeError or RangeError naming the option */
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

/** The options with their defaults. @throws TypeError or RangeError naming the option */
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
