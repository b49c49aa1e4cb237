/**
 * The anomaly detector for tables, as users hold it: one call from rows to a calibrated scorer.
 *
 * ```ts
 * const detector = await Detector.fit(rows, { falseAlarmRate: 0.01, seed: 1 });
 * for (const { score, pValue, anomaly, contributions } of await detector.score(newRows)) { … }
 * ```
 *
 * Rows are split by the seed: some are kept back to calibrate (`Calibration`), the rest train
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
import { decide, type Decision, type DecisionOptions } from "../scoring/decide.ts";
import { Ensemble } from "../scoring/ensemble/ensemble.ts";
import { type RowScorer, VaeRowScorer } from "../scoring/row_scorer.ts";
import type { Cells } from "../scoring/standardize.ts";
import { columnsOf, type TableRows, toCells } from "../scoring/table_rows.ts";
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
import { type DetectorOptions, presetOf, requireColumns, requireOptions } from "./options.ts";
import { fitMany, fitOne } from "./presets.ts";

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
  static async fit(rows: TableRows, options: DetectorOptions = {}): Promise<Detector> {
    requireOptions(options);
    const { columns = columnsOf(rows), falseAlarmRate = 0.01, seed = 0, calibration } = options;
    requireColumns(columns);
    const cells = toCells(rows, columns);
    if (cells.rows < MIN_ROWS) {
      throw new RangeError(
        `Cannot fit detector: needs at least ${MIN_ROWS} rows: current value is ${cells.rows}`,
      );
    }
    refuseExtremes(cells, columns);
    const fraction = calibration ?? calibrationFraction(cells.rows, falseAlarmRate);
    const split = splitCells(cells, columns.length, fraction, seed);
    const fit = presetOf(options) === "small" ? fitOne : fitMany;
    const fitted = await fit({ all: cells, training: split.training }, columns, options);
    const draft = { columns, falseAlarmRate, ...fitted.parts };
    const model = calibrate(fitted.vae, draft, split.calibration);
    return new Detector(fitted.vae, model, fitted.report);
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
 * What the false-alarm rate needs to be kept well, twice the rows at which it can be kept at all, and a
 * tenth of long tables; of short ones no more than half.
 */
function calibrationFraction(rows: number, falseAlarmRate: number): number {
  const finest = Math.ceil(1 / falseAlarmRate);
  const needed = Math.min(2 * finest, Math.max(finest, rows / 5));
  const plenty = Math.min(rows / 10, PLENTY_ROWS);
  return Math.min(rows / 2, MAX_CALIBRATION_ROWS, Math.max(plenty, needed)) / rows;
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

/** A fitted model before it is calibrated. */
type Draft = Pick<TableModel, "columns" | "standardization" | "ensemble" | "falseAlarmRate">;

function calibrate(vae: VAE, draft: Draft, cells: Cells): TableModel {
  const { columns, falseAlarmRate } = draft;
  const scorer: RowScorer = draft.ensemble
    ? new Ensemble(draft.ensemble, vae.beside)
    : new VaeRowScorer(vae, draft.standardization);
  const { scores, raw } = scorer.scoreCells(cells);
  scorer.dispose();
  const typical = new Float64Array(columns.length);
  raw.forEach((nats, i) => typical[i % columns.length] += nats / cells.rows);
  const calibration = new Calibration(scores);
  const finest = calibration.resolution;
  const warnings = falseAlarmRate >= finest ? [] : [
    `${cells.rows} calibration rows allow no false-alarm rate below ${finest.toPrecision(3)}`,
  ];
  const kept = Math.max(falseAlarmRate, finest);
  return { ...draft, calibration, typical, falseAlarmRate: kept, warnings };
}
