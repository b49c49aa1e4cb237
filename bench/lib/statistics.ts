/**
 * Summaries of a benchmark's samples.
 *
 * A shared machine runs at more than one speed, so a cell has two figures, and ratios compare the same kind: `quiet`,
 * the best p10 of any run, is the time of the code if nothing interferes; `typical`, the median over the runs of each
 * run's p50, is what a user sees.
 */
/** GFLOP/s of the two probes at one moment. */
export type Rates = readonly [registers: number, loads: number];

/** Measures once. */
export type Probe = () => Rates;

/** What one process reports of one case; times in milliseconds per call. */
export interface Samples {
  readonly ms: readonly number[];
  /** Single calls, if `ms` are means over groups of calls too short to time alone. */
  readonly singleMs?: readonly number[];
  /** The probes at the beginning and end of the windows in which the samples were taken. */
  readonly probes: readonly Rates[];
}

/** To the nanosecond and the MFLOP/s: more digits would only take space. */
export function roundSamples({ ms, singleMs, probes }: Samples): Samples {
  const to = (values: readonly number[], unit: number) =>
    values.map((value) => Math.round(value * unit) / unit);
  return {
    ms: to(ms, 1e6),
    singleMs: singleMs && to(singleMs, 1e6),
    probes: probes.map((rates) => to(rates, 1e3) as unknown as Rates),
  };
}

/** One run of one case, summarised; milliseconds. */
export interface Run {
  readonly p10: number;
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

/** All runs of one case; milliseconds, and GFLOP/s of the multiply-adds in registers. */
export interface Cell {
  readonly quiet: number;
  readonly typical: number;
  readonly p99: number;
  readonly probe: { readonly typical: number; readonly best: number };
  readonly runs: readonly Run[];
}

/** The q-quantile of ascending values, interpolated between neighbours (Hyndman and Fan's type 7). */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  if (ascending.length === 0) return NaN;
  const at = q * (ascending.length - 1);
  const below = Math.floor(at), above = Math.min(below + 1, ascending.length - 1);
  return ascending[below] + (at - below) * (ascending[above] - ascending[below]);
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

export function median(values: Iterable<number>): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}

export function summariseRun({ ms, singleMs = ms }: Samples): Run {
  const ascending = Float64Array.from(ms).sort(), single = Float64Array.from(singleMs).sort();
  return {
    p10: quantile(ascending, 0.1),
    p50: quantile(ascending, 0.5),
    p99: quantile(single, 0.99),
    count: ms.length,
  };
}

export function summarise(samples: readonly Samples[]): Cell {
  const runs = samples.map(summariseRun);
  const probes = samples.flatMap((each) => each.probes).map(([registers]) => registers);
  return {
    quiet: Math.min(...runs.map(({ p10 }) => p10)),
    typical: median(runs.map(({ p50 }) => p50)),
    p99: median(runs.map(({ p99 }) => p99)),
    probe: { typical: median(probes), best: probes.reduce((a, b) => Math.max(a, b), 0) },
    runs,
  };
}

/** A median with its 95 % confidence interval. */
export interface Interval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The median of independent values, and the order statistics that contain the true one with 95 % confidence for any
 * distribution: ranks n/2 ± 1.96 √n / 2 (normal limit of the binomial). With fewer than 6 values no pair does, and the
 * interval is infinite.
 */
export function medianInterval(values: readonly number[]): Interval {
  const ascending = Float64Array.from(values).sort();
  const n = ascending.length, half = 1.96 * Math.sqrt(n) / 2;
  const low = Math.floor(n / 2 - half), high = Math.ceil(n / 2 + half) - 1;
  const enough = n >= 6;
  return {
    median: quantile(ascending, 0.5),
    low: enough ? ascending[Math.max(0, low)] : -Infinity,
    high: enough ? ascending[Math.min(n - 1, high)] : Infinity,
  };
}

/** The medians of `blocks` groups of neighbours; all values if there are no more than that. */
export function blockMedians(values: readonly number[], blocks: number): number[] {
  const count = Math.min(blocks, values.length);
  return Array.from({ length: count }, (_, b) => {
    const from = Math.floor(b * values.length / count);
    return median(values.slice(from, Math.floor((b + 1) * values.length / count)));
  });
}
