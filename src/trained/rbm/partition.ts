/**
 * ln Z of a Boltzmann machine, which turns its energies into likelihoods.
 *
 *   exact  Z = Σ_s e^-F(s) over all 2^n states of the smaller layer, as a streamed log-sum-exp
 *   ais    annealed importance sampling (Neal, 2001; Salakhutdinov and Murray, "On the quantitative
 *          analysis of deep belief networks", 2008): chains move from independent bits with log-odds
 *          `base`, whose Z_0 = 2^H Π (1 + e^base_i) is known, through temperatures to the machine;
 *          E[w] = Z / Z_0 exactly for any number of temperatures, w the product of the steps' weights
 *
 * The standard error of ln Ẑ = ln Z_0 + ln mean w is sd(w) / (√chains · mean w), to first order. It is too small while
 * few chains carry the weight, and ln Ẑ is then too small as well (Jensen). Z_0 and sums are float64; energies have the
 * backend's precision.
 */
import { portableExp, portableLog } from "../../core/portable.ts";
import { HostRandom, splitSeed } from "../../core/random/philox.ts";
import { logSumExp, softplus } from "../../core/stable.ts";
import { STREAMS } from "../../core/random/streams.ts";
import type { RbmSpec } from "../../models/rbm.ts";
import type { Matrix } from "../rows/matrix.ts";
import { energiesOf, type RbmEngine } from "./energies.ts";

/** ln Z and its uncertainty. */
export interface Partition {
  /** ln Z, nats. */
  readonly logPartition: number;
  /** Standard error of ln Z, nats; 0 if it is exact. */
  readonly standardError: number;
  /** How it was computed. */
  readonly method: "exact" | "ais";
}

/** Largest layer whose states are enumerated: a million states. */
export const MAX_ENUMERATED = 20;

const STATES_PER_RUN = 1024;

/** @param pause awaited between runs */
export async function exactPartition(
  engine: RbmEngine,
  { visible, hidden }: RbmSpec,
  pause: () => Promise<void>,
): Promise<Partition> {
  const units = Math.min(visible, hidden), smaller = visible <= hidden ? "visible" : "hidden";
  const count = 2 ** units, perRun = Math.min(count, STATES_PER_RUN);
  const states = new Float32Array(perRun * units);
  let logPartition = -Infinity;
  for (let first = 0; first < count; first += perRun) {
    states.forEach((_, i) => states[i] = ((first + Math.floor(i / units)) >>> (i % units)) & 1);
    const energies = energiesOf(engine, smaller, { data: states, shape: [perRun, units] });
    logPartition = logSumExp([logPartition, logSumExp(energies.map((value) => -value))]);
    await pause();
  }
  return { logPartition, standardError: 0, method: "exact" };
}

/** Options for annealing. */
export interface Annealing {
  readonly chains: number;
  readonly temperatures: number;
  readonly seed: number;
  /** Log-odds of the bits of the base distribution, `[D]`. */
  readonly base: Float32Array;
}

/** @param pause awaited between runs */
export async function annealedPartition(
  engine: RbmEngine,
  spec: RbmSpec,
  { chains, temperatures, seed, base }: Annealing,
  pause: () => Promise<void>,
): Promise<Partition> {
  const program = engine.compile("anneal", { capacity: chains });
  const draws = independentBits(base, chains, seed), [low, high] = splitSeed(seed);
  const steps = new Float64Array(chains), logWeights = new Float64Array(chains);
  try {
    program.write("base", base);
    for (let t = 1; t <= temperatures; t++) {
      program.write("x", draws);
      // Each step's "to" and the next one's "from" are the same float32 number, so the weights telescope.
      program.write("from", [Math.fround((t - 1) / temperatures)]);
      program.write("to", [Math.fround(t / temperatures)]);
      program.write("key", [low, high, t, 0]);
      program.run(chains);
      program.read("logWeight", steps);
      program.read("draw", draws);
      steps.forEach((value, c) => logWeights[c] += value);
      await pause();
    }
  } finally {
    program.dispose();
  }
  const start = base.reduce((sum, logOdds) => sum + softplus(logOdds), spec.hidden * Math.LN2);
  const logMean = logSumExp(logWeights) - portableLog(chains);
  const squares = logWeights.reduce((sum, each) => sum + (portableExp(each - logMean) - 1) ** 2, 0);
  const standardError = Math.sqrt(squares / (chains - 1) / chains);
  return { logPartition: start + logMean, standardError, method: "ais" };
}

/** Log-odds of the columns' means, with half a pseudo-count for each value so that they are finite. */
export function baseRates({ data, shape: [rows, columns] }: Matrix): Float32Array {
  const ones = new Float64Array(columns);
  data.forEach((value, i) => ones[i % columns] += value);
  return Float32Array.from(ones, (sum) => portableLog((sum + 0.5) / (rows - sum + 0.5)));
}

function independentBits(logOdds: Float32Array, rows: number, seed: number): Float32Array {
  const random = new HostRandom(seed, 0, STREAMS.annealing);
  return Float32Array.from({ length: rows * logOdds.length }, (_, i) => {
    return random.uniformF64() * (1 + portableExp(-logOdds[i % logOdds.length])) < 1 ? 1 : 0;
  });
}
