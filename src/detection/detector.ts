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
 *
 * With `window`, rows are the steps of a series: windows of so many steps are what is learnt, and whole
 * stretches of the series are kept back (docs/adr/0030-series.md).
 */
import { Calibration } from "../scoring/calibration.ts";
import { decide, type Decision, type DecisionOptions } from "../scoring/decide.ts";
import { rowScorerOf } from "../scoring/row_scorer_of.ts";
import { WindowScorer } from "../scoring/series/window_scorer.ts";
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
import { calibrationFraction, type Split, splitRows, splitSeries } from "./split.ts";
import { type DetectorOptions, presetOf, requireColumns, requireOptions } from "./options.ts";
import { fitMany, fitOne } from "./presets.ts";

export type { DetectorOptions } from "./options.ts";

/** Fewer rows than this cannot be split into training and calibration. */
const MIN_ROWS = 10;

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
    const { columns = columnsOf(rows), falseAlarmRate = 0.01, seed = 0, calibration, window } =
      options;
    requireColumns(columns);
    const cells = toCells(rows, columns);
    const least = Math.max(MIN_ROWS, 4 * (window ?? 0));
    if (cells.rows < least) {
      throw new RangeError(
        `Cannot fit detector: needs at least ${least} rows: current value is ${cells.rows}`,
      );
    }
    refuseExtremes(cells, columns);
    const fraction = calibration ?? calibrationFraction(cells.rows, falseAlarmRate);
    const split = window === undefined
      ? splitRows(cells, columns.length, fraction, seed)
      : splitSeries(cells, columns.length, { window, fraction });
    const fit = presetOf(options) === "small" ? fitOne : fitMany;
    const features = featureNames(columns, window);
    const all = window === undefined ? cells : split.training;
    const fitted = await fit({ all, training: split.training }, features, options);
    const draft = { columns, falseAlarmRate, ...fitted.parts, ...(window && { window }) };
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

/** What a window's cells are called, oldest step first: "x0@-2", "x1@-2", "x0@-1", … */
function featureNames(columns: readonly string[], window = 0): readonly string[] {
  if (window === 0) return columns;
  const ages = Array.from({ length: window }, (_, i) => window - 1 - i);
  return ages.flatMap((age) => columns.map((name) => `${name}@${-age}`));
}

/** A fitted model before it is calibrated. */
type Draft = Pick<
  TableModel,
  "columns" | "standardization" | "ensemble" | "falseAlarmRate" | "window"
>;

function calibrate(vae: VAE, draft: Draft, parts: Split["calibration"]): TableModel {
  const { columns, falseAlarmRate } = draft;
  const scorer = rowScorerOf(vae, draft);
  const results = parts.map((cells) => scorer.scoreCells(cells));
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const typical = new Float64Array(columns.length);
  for (const { raw } of results) {
    raw.forEach((nats, i) => typical[i % columns.length] += nats / rows);
  }
  const calibration = calibrationOf(results);
  const streamCalibration = scorer instanceof WindowScorer
    ? calibrationOf(parts.map((cells) => scorer.scoreWindows(cells)))
    : undefined;
  scorer.dispose();
  const finest = calibration.resolution;
  const warnings = falseAlarmRate >= finest ? [] : [
    `${rows} calibration rows allow no false-alarm rate below ${finest.toPrecision(3)}`,
  ];
  const kept = Math.max(falseAlarmRate, finest);
  const model = { ...draft, calibration, typical, falseAlarmRate: kept, warnings };
  return streamCalibration ? { ...model, streamCalibration } : model;
}

function calibrationOf(parts: readonly { readonly scores: Float64Array }[]): Calibration {
  return new Calibration(Float64Array.from(parts.flatMap(({ scores }) => [...scores])));
}
