/**
 * What is compared, by name: fitted to the training cells as they are, it scores the test cells. Each
 * has one setting for all tables.
 */
import { ecod } from "../../src/detection/baselines/ecod.ts";
import { isolationForest } from "../../src/detection/baselines/isolation_forest.ts";
import { knn } from "../../src/detection/baselines/knn.ts";
import { mahalanobis, pca } from "../../src/detection/baselines/pca.ts";
import { type Cells, standardizationOf, standardize } from "../../src/scoring/standardize.ts";
import type { Matrix } from "../../src/scoring/matrix.ts";
import type { Baseline } from "../../src/detection/baselines/baseline.ts";
import type { Split } from "./protocol.ts";

export type Method = (split: Split, seed: number) => Promise<Float64Array> | Float64Array;

export const METHODS: Readonly<Record<string, Method>> = {
  /** ‖x‖² of the standardised row: what any score must beat. */
  norm: onStandardized(() => squaredNorms),
  knn: onStandardized(knn()),
  mahalanobis: onStandardized(mahalanobis()),
  pca: onStandardized(pca()),
  ecod: onStandardized(ecod()),
  isolationForest: (split, seed) => onStandardized(isolationForest({ seed }))(split, seed),
};

/** A baseline on columns standardised as the protocol has it. */
function onStandardized(baseline: Baseline): Method {
  return ({ columns, training, test }) => {
    const standardization = standardizationOf(training, columns);
    const prepare = (cells: Cells) => standardize(cells, standardization);
    return baseline(prepare(training))(prepare(test));
  };
}

function squaredNorms({ data, shape: [rows, width] }: Matrix): Float64Array {
  const sums = new Float64Array(rows);
  data.forEach((value, i) => sums[Math.floor(i / width)] += value * value);
  return sums;
}
