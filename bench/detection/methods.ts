/**
 * The compared methods, by name: fitted to the raw training cells, each scores the test cells. Each has one setting for
 * all tables.
 */
import { ecod } from "../../src/detection/baselines/ecod.ts";
import { isolationForest } from "../../src/detection/baselines/isolation_forest.ts";
import { Detector, type DetectorOptions } from "../../src/detection/detector.ts";
import type { ColumnOverride } from "../../src/detection/columns/infer_schema.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { tableModelOf } from "../../src/scoring/table_scorer.ts";
import { Ensemble } from "../../src/scoring/ensemble/ensemble.ts";
import { STATISTIC_NAMES, type StatisticName } from "../../src/scoring/ensemble/statistics.ts";
import { knn } from "../../src/detection/baselines/knn.ts";
import { mahalanobis, pca } from "../../src/detection/baselines/pca.ts";
import type { Cells } from "../../src/scoring/table/cells.ts";
import { standardizationOf, standardize } from "../../src/scoring/table/standardize.ts";
import type { Matrix } from "../../src/trained/rows/matrix.ts";
import type { Baseline } from "../../src/detection/baselines/baseline.ts";
import type { Split } from "./protocol.ts";

export type Method = (split: Split, seed: number) => Promise<Float64Array> | Float64Array;

export const METHODS: Readonly<Record<string, Method>> = {
  /** `Detector.fit` with its defaults: the ensemble, with a share of the rows held out for calibration. */
  detector: async (split, seed) => {
    const { scores } = (await detectorOf(split, seed)).scoreCells(split.test);
    return scores;
  },
  /** The same with `robust: true`: fitted to the more ordinary half of the training rows. */
  robust: detectorWith({ robust: true }),
  /** The same fit scored without its networks: regressions, neighbours and the norm in both views. */
  "no network": (split, seed) => withStatistics(split, seed, ["linear", "norm", "neighbours"]),
  /** The same fit scored by its networks alone. */
  "networks alone": (split, seed) => withStatistics(split, seed, ["residual", "kl"]),
  /** By one statistic in both views: `norm alone`, `neighbours alone`, ... */
  ...Object.fromEntries(
    STATISTIC_NAMES.filter((name) => name !== "level").map((name): [string, Method] => [
      `${name} alone`,
      (split, seed) => withStatistics(split, seed, [name]),
    ]),
  ),
  /** One network over standardised columns. */
  small: detectorWith({ preset: "small" }),
  /** The same with `robust: true`. */
  "small robust": detectorWith({ preset: "small", robust: true }),
  /** The same on all rows, with a likelihood that assumes some wrong cells. */
  "small contaminated": detectorWith({ preset: "small", likelihood: "contaminatedGaussian" }),
  /** ‖x‖² of the standardised row: any score must be better. */
  norm: onStandardized(() => squaredNorms),
  knn: onStandardized(knn()),
  mahalanobis: onStandardized(mahalanobis()),
  pca: onStandardized(pca()),
  ecod: onStandardized(ecod()),
  isolationForest: (split, seed) => onStandardized(isolationForest({ seed }))(split, seed),
};

/** A detector fitted with options. */
function detectorWith(options: DetectorOptions): Method {
  return async ({ columns, training, test }, seed) => {
    const rows = { data: training.data, shape: [training.rows, columns] as const };
    const detector = await Detector.fit(rows, { seed, schema: numbers(columns), ...options });
    const { scores } = detector.scoreCells(test);
    detector.dispose();
    return scores;
  };
}

/** A baseline on columns standardised as in the protocol. */
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

/** The protocol's columns are numbers, even those that look like codes. */
function numbers(columns: number): ColumnOverride[] {
  return Array.from({ length: columns }, (_, c) => ({ name: `x${c}`, kind: "numeric" }));
}

/** The last fit, which several methods share. */
const last: { split?: Split; detector?: Detector } = {};

async function detectorOf(split: Split, seed: number): Promise<Detector> {
  if (last.split === split) return last.detector!;
  last.detector?.dispose();
  const { columns, training } = split;
  const rows = { data: training.data, shape: [training.rows, columns] as const };
  last.detector = await Detector.fit(rows, { seed, schema: numbers(columns) });
  last.split = split;
  return last.detector;
}

async function withStatistics(
  split: Split,
  seed: number,
  statistics: readonly StatisticName[],
): Promise<Float64Array> {
  const detector = await detectorOf(split, seed);
  const { ensemble } = tableModelOf(readModelFile(detector.save()));
  const scorer = new Ensemble({ ...ensemble!, statistics }, detector.vae.onHost.machine);
  const { scores } = scorer.scoreCells(split.test);
  scorer.dispose();
  return scores;
}
