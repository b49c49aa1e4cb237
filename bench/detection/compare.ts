/**
 * Compares two methods over tables. Means alone hide that a single table may decide, so wins, losses, the median and a
 * bootstrap interval over the tables are reported beside them.
 */
import { HostRandom } from "../../src/core/random/philox.ts";
import { mean, median, quantile } from "../lib/statistics.ts";

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
    median: median(gains),
    wins: gains.filter((gain) => gain > MARGIN).length,
    losses: gains.filter((gain) => gain < -MARGIN).length,
    interval: bootstrap(gains),
  };
}

/** Population standard deviation. */
export function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

function bootstrap(values: readonly number[]): [number, number] {
  const random = new HostRandom(0, 0, 901);
  const means = Float64Array.from(
    { length: RESAMPLES },
    () => mean(values.map(() => values[random.below(values.length)])),
  );
  means.sort();
  return [quantile(means, 0.025), quantile(means, 0.975)];
}
