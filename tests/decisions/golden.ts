/** Values computed by SciPy with scripts/golden/make_statistics_golden.py. */

interface Golden {
  readonly incompleteBeta: readonly (readonly [x: number, a: number, b: number, want: number])[];
  readonly binomialTail: readonly (readonly [n: number, p: number, k: number, want: number])[];
  readonly betaQuantile: readonly (readonly [p: number, a: number, b: number, want: number])[];
  readonly pareto: readonly {
    readonly excesses: readonly number[];
    readonly shape: number;
    readonly scale: number;
    readonly logLikelihood: number;
    readonly survivalAt: readonly (readonly [y: number, want: number])[];
  }[];
  readonly falseDiscovery: readonly {
    readonly pValues: readonly number[];
    readonly rejected: readonly (readonly [q: number, count: number])[];
  }[];
  readonly kolmogorov: readonly (readonly [x: number, want: number])[];
  readonly shares: readonly (readonly [a: number, n: number, b: number, m: number, want: number])[];
  readonly kolmogorovSamples: readonly {
    readonly a: readonly number[];
    readonly b: readonly number[];
    readonly distance: number;
    readonly exact: number;
  }[];
  readonly spearman: readonly {
    readonly a: readonly number[];
    readonly b: readonly number[];
    readonly rho: number;
  }[];
}

export const golden: Golden = JSON.parse(
  Deno.readTextFileSync(new URL("../golden/statistics.jsonl", import.meta.url)),
);
