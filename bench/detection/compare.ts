/**
 * Compares two methods over tables. Means alone hide that a single table may decide, so wins, losses, the median and a
 * bootstrap interval over the tables are reported beside them.
 */
import { HostRandom } from "../../src/core/random/philox.ts";

/** Differences below this many percentage points are ties. */
const MARGIN = 0.1;

const RESAMPLES = 10_000;

/** The differences in percentage points, summarised. */
export interface Comparison {
  readonly tables: number;
  readonly mean: number;
  readonly median: number;
  readonly wins: number;
  readonly losses: number;
  /** Percentile bootstrap over the tables, 95 %, of the mean difference. */
  readonly interval: readonly [number, number];
}

/** Ours less theirs, table by table. */
export function compare(ours: readonly number[], theirs: readonly number[]): Comparison {
  const gains = ours.map((value, i) => value - theirs[i]);
  return {
    tables: gains.length,
    mean: mean(gains),
    median: quantile(gains, 0.5),
    wins: gains.filter((gain) => gain > MARGIN).length,
    losses: gains.filter((gain) => gain < -MARGIN).length,
    interval: bootstrap(gains),
  };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Population standard deviation. */
export function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

function bootstrap(values: readonly number[]): [number, number] {
  const random = new HostRandom(0, 0, 901);
  const means = Array.from(
    { length: RESAMPLES },
    () => mean(values.map(() => values[random.below(values.length)])),
  );
  return [quantile(means, 0.025), quantile(means, 0.975)];
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1), low = Math.floor(at);
  return sorted[low] + (at - low) * (sorted[Math.ceil(at)] - sorted[low]);
}
