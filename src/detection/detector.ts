/**
 * The anomaly detector for tables, as users hold it: one call from rows to a calibrated scorer.
 *
 * ```ts
 * const detector = await Detector.fit(rows, { falseAlarmRate: 0.01, seed: 1 });
 * for (const { score, pValue, anomaly, contributions } of await detector.score(newRows)) { … }
 * ```
 *
 * Rows are split by the seed: some are kept back to calibrate (`Calibration`), a VAE with learned
 * per-column variance (σ-VAE: Rybkin et al., 2021) is trained on the rest. Missing values and
 * columns that are not numbers are refused.
 */
import { permutation } from "../core/philox.ts";
import { STREAMS } from "../core/streams.ts";
import { requireNumber } from "../core/validate.ts";
import { Calibration } from "../scoring/calibration.ts";
import { rawContributions } from "../scoring/contributions.ts";
import {
  type Cells,
  identityStandardization,
  type Standardization,
  standardizationOf,
  standardize,
} from "../scoring/standardize.ts";
import { columnsOf, type TableRows, toCells } from "../scoring/table_rows.ts";
import { type TableModel, tableModelOf, TableScorer } from "../scoring/table_scorer.ts";
import {
  type DeviceOptions,
  fromModelFile,
  loadModelFile,
  type TrainedVae,
} from "../scoring/trained_vae.ts";
import type { FitOptions } from "../training/options.ts";
import type { FitReport } from "../training/report.ts";
import { VAE } from "../training/vae.ts";
import { defaultTraining, detectorSpec, type DetectorSpecOptions } from "./defaults.ts";
import { setOptimalVariance } from "./optimal_variance.ts";

/** How to fit a detector; everything has a default. */
export interface DetectorOptions
  extends Omit<FitOptions, "seed">, DetectorSpecOptions, DeviceOptions {
  /** Column names; by default the keys of named rows, else x0, x1, … */
  readonly columns?: readonly string[];
  /** The share of normal rows that may be flagged; 0.01. */
  readonly falseAlarmRate?: number;
  /** Fixes everything random; 0. */
  readonly seed?: number;
  /** The fraction of rows kept back to calibrate; by default what the false-alarm rate needs, 0.2 to 0.5. */
  readonly calibration?: number;
}

/** Fewer rows than this cannot be split into training and calibration. */
const MIN_ROWS = 10;

/** More calibration rows than this refine the p-value no further than anyone reads. */
const MAX_CALIBRATION_ROWS = 10_000;

/** Fits and scores tables. */
export class Detector extends TableScorer {
  /** How training went; absent from a loaded detector. */
  readonly report?: FitReport;

  /** `Detector.fit` and `load` are the usual ways. */
  constructor(vae: TrainedVae, model: TableModel, report?: FitReport) {
    super(vae, model);
    this.report = report;
  }

  /**
   * Trains and calibrates on the rows.
   * @throws TypeError or RangeError naming row and column, or the option, that cannot be used
   */
  static async fit(rows: TableRows, options: DetectorOptions = {}): Promise<Detector> {
    const { columns = columnsOf(rows), falseAlarmRate = 0.01, seed = 0, calibration, ...rest } =
      options;
    requireNumber("falseAlarmRate", falseAlarmRate, { above: 0, max: 0.999999 });
    requireColumns(columns);
    const cells = toCells(rows, columns);
    if (cells.rows < MIN_ROWS) {
      throw new RangeError(
        `Cannot fit detector: needs at least ${MIN_ROWS} rows: current value is ${cells.rows}`,
      );
    }
    const width = columns.length;
    const fraction = calibration ?? calibrationFraction(cells.rows, falseAlarmRate);
    requireNumber("calibration", fraction, { above: 0, max: 0.9 });
    const split = splitCells(cells, width, fraction, seed);
    const { hidden, latent, likelihood, backend, determinism, threads, ...fitOptions } = rest;
    const spec = detectorSpec(width, { hidden, latent, likelihood });
    const standardization = spec.likelihood?.type === "bernoulli"
      ? requireProbabilities(cells, columns)
      : standardizationOf(split.training, width);
    const vae = VAE.create(spec, { seed, backend, determinism, threads });
    const training = standardize(split.training, standardization);
    const report = await vae.fit(training, {
      ...defaultTraining(split.training.rows, fitOptions.batchSize),
      ...fitOptions,
      seed,
    });
    setOptimalVariance(vae, training, seed);
    const model = calibrate(vae, columns, standardization, split.calibration, falseAlarmRate);
    return new Detector(vae, model, report);
  }

  /** A detector from the bytes of its file, or from where a URL points. */
  static override async load(
    source: Uint8Array | URL,
    device: DeviceOptions = {},
  ): Promise<Detector> {
    const file = await loadModelFile(source);
    return new Detector(new VAE(...fromModelFile(file), device), tableModelOf(file));
  }
}

function requireColumns(columns: readonly string[]): void {
  if (columns.length === 0) throw new RangeError("Cannot fit detector: the rows have no columns");
  const repeated = columns.find((name, c) => columns.indexOf(name) !== c);
  if (repeated === undefined) return;
  throw new TypeError(`Cannot fit detector: column "${repeated}" stands twice`);
}

function requireProbabilities({ data }: Cells, columns: readonly string[]): Standardization {
  const bad = data.findIndex((value) => value < 0 || value > 1);
  if (bad < 0) return identityStandardization(columns.length);
  const row = Math.floor(bad / columns.length) + 1, column = columns[bad % columns.length];
  throw new RangeError(
    `Cannot read row ${row}, column "${column}": a Bernoulli likelihood needs values from 0 to 1: current value is ${
      data[bad]
    }`,
  );
}

/** A fifth of the rows; more, up to half, where fewer could not keep the false-alarm rate. */
function calibrationFraction(rows: number, falseAlarmRate: number): number {
  const needed = Math.ceil(2 / falseAlarmRate);
  const kept = Math.min(rows / 2, MAX_CALIBRATION_ROWS, Math.max(rows / 5, needed));
  return kept / rows;
}

function splitCells(
  cells: Cells,
  width: number,
  fraction: number,
  seed: number,
): { training: Cells; calibration: Cells } {
  const kept = Math.min(cells.rows - 1, Math.max(1, Math.round(cells.rows * fraction)));
  const order = permutation(cells.rows, seed, 1, STREAMS.split);
  const take = (indices: Uint32Array): Cells => {
    const data = new Float64Array(indices.length * width);
    indices.sort().forEach((index, r) => {
      data.set(cells.data.subarray(index * width, (index + 1) * width), r * width);
    });
    return { data, rows: indices.length };
  };
  return { calibration: take(order.slice(0, kept)), training: take(order.slice(kept)) };
}

function calibrate(
  vae: VAE,
  columns: readonly string[],
  standardization: Standardization,
  cells: Cells,
  falseAlarmRate: number,
): TableModel {
  const width = columns.length, latent = vae.spec.latent[0].size;
  const x = standardize(cells, standardization);
  const { cost, kl } = vae.costs(x);
  const scores = new Float64Array(cells.rows), typical = new Float64Array(width);
  const raw = new Float64Array(width);
  for (let r = 0; r < cells.rows; r++) {
    const row = (data: Float32Array, size: number) => data.subarray(r * size, (r + 1) * size);
    scores[r] = rawContributions(
      row(x.data, width),
      row(cost.data, width),
      row(kl.data, latent),
      raw,
    );
    for (let c = 0; c < width; c++) typical[c] += raw[c] / cells.rows;
  }
  const calibration = new Calibration(scores);
  const kept = Math.max(falseAlarmRate, calibration.resolution);
  const warnings = kept === falseAlarmRate ? [] : [
    `${cells.rows} calibration rows allow no false-alarm rate below ${
      kept.toPrecision(3)
    }: it is used instead of ${falseAlarmRate}`,
  ];
  return { columns, standardization, calibration, typical, falseAlarmRate: kept, warnings };
}
