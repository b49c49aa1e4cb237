/**
 * The anomaly detector for tables, as users hold it: one call from rows to a calibrated scorer.
 *
 * ```ts
 * const detector = await Detector.fit(rows, { falseAlarmRate: 0.01, seed: 1 });
 * for (const { score, pValue, anomaly, contributions } of await detector.score(newRows)) { … }
 * ```
 *
 * What the columns are is inferred (`infer_schema.ts`) or said: numbers, text, times, with missing cells
 * anywhere. Rows are split by the seed: some are kept back to calibrate (`Calibration`), the rest train
 *
 *   preset "ensemble"   several networks, regressions and reference rows in two views of the table
 *                       (`ensemble/fit_ensemble.ts`, docs/adr/0020-what-a-detector-is.md); the default
 *   preset "small"      one VAE over standardised columns with learned per-column variance (σ-VAE:
 *                       Rybkin et al., 2021), scored by its negative ELBO
 *
 * An option that speaks of one network, such as another likelihood or a checkpoint, chooses "small".
 */
import { permutation } from "../core/philox.ts";
import { STREAMS } from "../core/streams.ts";
import { Calibration } from "../scoring/calibration.ts";
import { rawScores, typicalOf } from "../scoring/contributions.ts";
import { decide, type Decision, type DecisionOptions } from "../scoring/decide.ts";
import { Ensemble, type EnsembleModel } from "../scoring/ensemble/ensemble.ts";
import { costsOf } from "../scoring/sparse_twin.ts";
import type { RawTable } from "../scoring/raw_table.ts";
import { type Cells, standardize } from "../scoring/standardize.ts";
import type { TableRows } from "../scoring/table_rows.ts";
import { type TableModel, tableModelOf, TableScorer } from "../scoring/table_scorer.ts";
import {
  type DeviceOptions,
  fromModelFile,
  loadModelFile,
  type TrainedVae,
} from "../scoring/trained_vae.ts";
import type { FitReport } from "../training/report.ts";
import { VAE } from "../training/vae.ts";
import { refuseExtremes } from "./extremes.ts";
import { type DetectorOptions, presetOf, requireOptions } from "./options.ts";
import { fitMany, fitOne } from "./presets.ts";
import { readTraining } from "./read_training.ts";

export type { DetectorOptions } from "./options.ts";

/** Fewer rows than this cannot be split into training and calibration. */
const MIN_ROWS = 10;

/** More calibration rows than this refine the p-value no further than anyone reads. */
const MAX_CALIBRATION_ROWS = 10_000;

/** As many are kept back without a false-alarm rate that needs them: they make a tenth of the file. */
const PLENTY_ROWS = 2000;

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
    const fit = presetOf(options) === "small" ? fitOne : fitMany;
    const fitted = await fit({ all: cells, training: split.training }, schema, options);
    const { vae, report, parts } = fitted;
    const table = { schema, ...parts, falseAlarmRate, warnings };
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

/**
 * A fifth of the rows, of long tables no more than is plenty; more, up to half, where fewer could not keep
 * the false-alarm rate.
 */
function calibrationFraction(rows: number, falseAlarmRate: number): number {
  const needed = Math.ceil(2 / falseAlarmRate);
  const kept = Math.max(Math.min(rows / 5, PLENTY_ROWS), needed);
  return Math.min(rows / 2, MAX_CALIBRATION_ROWS, kept) / rows;
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
  const { falseAlarmRate } = table;
  const { scores, typical } = table.ensemble
    ? scoresOfMany(vae, table.ensemble, cells)
    : scoresOfOne(vae, table, cells);
  const calibration = new Calibration(scores);
  const finest = calibration.resolution;
  const warnings = falseAlarmRate >= finest ? table.warnings : [
    ...table.warnings,
    `${cells.rows} calibration rows allow no false-alarm rate below ${finest.toPrecision(3)}`,
  ];
  const kept = Math.max(falseAlarmRate, finest);
  return { ...table, calibration, typical, falseAlarmRate: kept, warnings };
}

function scoresOfMany(vae: VAE, model: EnsembleModel, cells: Cells) {
  const ensemble = new Ensemble(model, vae.beside);
  const { scores, raw } = ensemble.scoreCells(cells);
  ensemble.dispose();
  return { scores, typical: typicalOf(cells, raw) };
}

function scoresOfOne(
  vae: VAE,
  { expansion, standardization }: Pick<TableModel, "expansion" | "standardization">,
  cells: Cells,
) {
  const costs = costsOf(vae, standardize(expansion.expand(cells), standardization));
  const typical = typicalOf(cells, rawScores(cells, costs, expansion).raw);
  return { scores: rawScores(cells, costs, expansion, typical).scores, typical };
}
