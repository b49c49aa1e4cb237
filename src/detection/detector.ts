/**
 * The anomaly detector for tables, as users hold it: one call from rows to a calibrated scorer.
 *
 * ```ts
 * const detector = await Detector.fit(rows, { falseAlarmRate: 0.01, seed: 1 });
 * for (const { score, pValue, anomaly, contributions } of await detector.score(newRows)) { … }
 * ```
 *
 * What the columns are is inferred (`infer_schema.ts`) or said: numbers, text, times, with missing cells
 * anywhere. Rows are split by the seed: some are kept back to calibrate (`Calibration`), a VAE with
 * learned per-column variance (σ-VAE: Rybkin et al., 2021) is trained on the rest.
 */
import { permutation } from "../core/philox.ts";
import { STREAMS } from "../core/streams.ts";
import { Calibration } from "../scoring/calibration.ts";
import { rawScores, typicalOf } from "../scoring/contributions.ts";
import { fixedColumns, requireData } from "../scoring/data_rule.ts";
import { decide, type Decision, type DecisionOptions } from "../scoring/decide.ts";
import { Expansion } from "../scoring/expansion.ts";
import { withObserved } from "../scoring/matrix.ts";
import { costsOf } from "../scoring/sparse_twin.ts";
import type { RawTable } from "../scoring/raw_table.ts";
import { type Cells, standardizationOf, standardize } from "../scoring/standardize.ts";
import type { TableRows } from "../scoring/table_rows.ts";
import { type TableModel, tableModelOf, TableScorer } from "../scoring/table_scorer.ts";
import {
  type DeviceOptions,
  fromModelFile,
  loadModelFile,
  type TrainedVae,
} from "../scoring/trained_vae.ts";
import { hasVariance, optimalVariances } from "../training/optimal_variance.ts";
import type { FitReport } from "../training/report.ts";
import { VAE } from "../training/vae.ts";
import { defaultTraining, detectorSpec } from "./defaults.ts";
import { refuseExtremes } from "./extremes.ts";
import { type DetectorOptions, requireOptions } from "./options.ts";
import { readTraining } from "./read_training.ts";

export type { DetectorOptions } from "./options.ts";

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
  static async fit(rows: TableRows | RawTable, options: DetectorOptions = {}): Promise<Detector> {
    requireOptions(options);
    const {
      columns: _names,
      schema: _kinds,
      falseAlarmRate = 0.01,
      seed = 0,
      calibration,
      ...rest
    } = options;
    const { schema, cells, warnings } = readTraining(rows, options);
    if (cells.rows < MIN_ROWS) {
      throw new RangeError(
        `Cannot fit detector: needs at least ${MIN_ROWS} rows: current value is ${cells.rows}`,
      );
    }
    refuseExtremes(cells, schema);
    const fraction = calibration ?? calibrationFraction(cells.rows, falseAlarmRate);
    const split = splitCells(cells, schema.length, fraction, seed);
    const { hidden, latent, likelihood, backend, determinism, threads, weights, ...fitOptions } =
      rest;
    const expansion = new Expansion(schema), { width } = expansion;
    if (width === 0) throw new RangeError("Cannot fit detector: no column says anything");
    const missing = cells.data.some(Number.isNaN);
    const spec = detectorSpec(expansion.groups, { hidden, latent, likelihood }, missing);
    const vae = VAE.create(spec, { seed, backend, determinism, threads, weights });
    const nameOf = (d: number) => `"${schema[expansion.owner[d]].name}"`;
    requireData(vae.spec, expansion.expand(cells).data, { nameOf });
    const expanded = expansion.expand(split.training);
    const standardization = standardizationOf(expanded, width, fixedColumns(vae.spec));
    const training = standardize(expanded, standardization);
    const report = await vae.fit(training, {
      ...defaultTraining(split.training.rows, fitOptions.batchSize),
      ...fitOptions,
      seed,
    });
    if (hasVariance(vae.spec, "perFeature")) {
      const squares = vae.squaredResiduals(withObserved(vae.spec, training), seed);
      vae.setParameters(optimalVariances(vae.spec, "perFeature", squares));
    }
    const table = { schema, expansion, standardization, falseAlarmRate, warnings };
    return new Detector(vae, calibrate(vae, table, split.calibration), report);
  }

  /**
   * Verdicts on the scores of a batch: at a false discovery rate, beyond the calibration's resolution, or
   * withheld where they are not sure.
   * @throws RangeError for a rate that the calibration rows cannot keep
   */
  decide(scores: Float64Array, options: DecisionOptions = {}): Decision {
    const falseAlarmRate = options.falseAlarmRate ?? this.falseAlarmRate;
    return decide(this.calibration, scores, { ...options, falseAlarmRate });
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
  table: Omit<TableModel, "calibration" | "typical">,
  cells: Cells,
): TableModel {
  const { expansion, standardization, falseAlarmRate } = table;
  const costs = costsOf(vae, standardize(expansion.expand(cells), standardization));
  const typical = typicalOf(cells, rawScores(cells, costs, expansion).raw);
  const { scores } = rawScores(cells, costs, expansion, typical);
  const calibration = new Calibration(scores);
  const finest = calibration.resolution;
  const warnings = falseAlarmRate >= finest ? table.warnings : [
    ...table.warnings,
    `${cells.rows} calibration rows allow no false-alarm rate below ${finest.toPrecision(3)}`,
  ];
  const kept = Math.max(falseAlarmRate, finest);
  return { ...table, calibration, typical, falseAlarmRate: kept, warnings };
}
