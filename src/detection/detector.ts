/**
 * The anomaly detector for tables: one call from rows to a calibrated scorer.
 *
 * ```ts
 * const detector = await Detector.fit(rows, { falseAlarmRate: 0.01, seed: 1 });
 * for (const { score, pValue, anomaly, contributions } of await detector.score(newRows)) { … }
 * ```
 *
 * How it is fitted: `fit_table.ts`.
 */
import { INSPECT, shownAs } from "../core/inspect.ts";
import { requireChoice, requireNumber, requireObject } from "../core/validate.ts";
import { decide, type Decision, type DecisionOptions } from "../scoring/decisions/decide.ts";
import { explainCells, type RowExplanation } from "../scoring/explain/explain.ts";
import type { ExplainOptions } from "../scoring/explain/explainer.ts";
import { explainNewest, type StepExplanation } from "../scoring/explain/newest_step.ts";
import { writePackedFile } from "../trained/file/packed_file.ts";
import { FILE_FORMATS } from "../trained/file/quantize.ts";
import type { SeriesStream, StepVerdict } from "../scoring/series/series_stream.ts";
import {
  SeriesStreams,
  seriesThatFit,
  type StreamsOptions,
} from "../scoring/series/series_streams.ts";
import type { RawTable } from "../formats/table.ts";
import type { Cells } from "../scoring/table/cells.ts";
import { type TableRows, toCells } from "../scoring/table/table_rows.ts";
import {
  type RowScore,
  type TableModel,
  tableModelOf,
  TableScorer,
} from "../scoring/table_scorer.ts";
import {
  type DeviceOptions,
  fromModelFile,
  loadModelFile,
  type TrainedVae,
} from "../trained/trained_vae.ts";
import { type FitReport, gpuDetails } from "../training/report.ts";
import { VAE } from "../training/vae.ts";
import type { DriftOptions, DriftReport, RowsTest } from "./drift/drift_report.ts";
import { rowsTestOf } from "./drift/rows_test_of.ts";
import { fitTable, type HeldOutRows } from "./fit_table.ts";
import { convertFormat, type SaveOptions } from "./convert_format.ts";
import type { DetectorOptions } from "./options.ts";
import {
  batchesOf,
  cellsOf,
  drawCells,
  type DrawOptions,
  requireDrawOptions,
} from "./rows/new_rows.ts";
import { isAsync, namingDrawnRows, type RowBatches } from "./rows/read_rows.ts";
import {
  type PartialFit,
  type PartialFitOptions,
  requireFitOptions,
  updated,
} from "./partial_fit.ts";
import { recalibrated, type Recalibration } from "./recalibrate.ts";
import type { SampledCells } from "./rows/sample_warnings.ts";
import type { TrainedRows } from "./rows/trained_rows.ts";
import { requireScoreOptions, type ScoreOptions, SecondLook } from "./second_look.ts";
import { recalibratedSeries } from "./series/recalibrate_series.ts";
import { updatedSeries } from "./series/update_series.ts";

export type { DetectorOptions } from "./options.ts";

/** Fits, scores and explains tables. */
export class Detector extends TableScorer {
  /** Report on the training; absent if the detector was loaded. */
  readonly report?: FitReport;

  /** Usually called through `Detector.fit` or `Detector.load`. */
  constructor(vae: TrainedVae, model: TableModel, report?: FitReport) {
    if (model === undefined) {
      throw new TypeError(
        "Cannot create detector: nothing is fitted: call Detector.fit, or Detector.load",
      );
    }
    super(vae, model);
    this.report = report;
  }

  #trainedRows?: TrainedRows;

  /** The number of rows that `fit` trained on; absent if the detector was loaded. */
  get trainedRows(): TrainedRows | undefined {
    return this.#trainedRows;
  }

  /** The device in use, and the one used for training; for an ensemble, over all of its networks. */
  override get device(): TableScorer["device"] {
    const { gpu } = this.report ?? {}, { training, left: _left, ...details } = super.device;
    return { ...details, ...(gpu ? gpuDetails({ gpu }) : training ? { training } : {}) };
  }

  /**
   * Trains and calibrates on rows.
   * @param rows all rows, or batches, which may exceed the available memory: see `maxRows`
   * @throws RowError naming row and column; TypeError or RangeError naming the option that cannot be used
   */
  static async fit(
    rows: TableRows | RawTable | RowBatches,
    options: DetectorOptions = {},
  ): Promise<Detector> {
    const { vae, model, report, trainedRows, heldOut } = await fitTable(rows, options);
    const detector = new Detector(vae, model, report);
    detector.#trainedRows = trainedRows;
    detector.#heldOut = heldOut;
    return detector;
  }

  /**
   * Replaces the calibration by one on new normal rows: p-values, thresholds and drift refer to them from now on.
   * Nothing is trained, and blame is unchanged.
   * @throws RangeError if there are too few rows to calibrate on
   */
  recalibrate(rows: TableRows | Cells): Recalibration;
  /** The same with rows in batches, which may exceed the available memory. */
  recalibrate(rows: RowBatches, options?: DrawOptions): Promise<Recalibration>;
  /** The same with at most so many of the rows. */
  recalibrate(rows: TableRows | Cells, options: DrawOptions): Promise<Recalibration>;
  recalibrate(
    rows: TableRows | Cells | RowBatches,
    options?: DrawOptions,
  ): Recalibration | Promise<Recalibration> {
    const action = "recalibrate", { window } = this.model;
    if (!isAsync(rows) && options === undefined) {
      return this.#recalibrate(cellsOf(rows, this.schema));
    }
    requireDrawOptions(action, options ?? {});
    return drawCells(rows, this.schema, { action, window, ...options })
      .then((cells) => this.#recalibrate(cells));
  }

  #recalibrate(rows: SampledCells): Recalibration {
    const recalibrate = this.window === undefined ? recalibrated : recalibratedSeries;
    const { model, recalibration, heldOut } = namingDrawnRows(rows, () => recalibrate(this, rows));
    this.model = model;
    this.#heldOut = heldOut;
    this.setFalseAlarmRate(recalibration.falseAlarmRate);
    return recalibration;
  }

  /**
   * Continues training on new normal rows, without the original ones. Some of the new rows are held out for
   * calibration: the false-alarm rate and drift refer to rows like these from now on. An ensemble still knows the old
   * rows, represented by its references, and so does a linear model of a series; the preset "small" forgets them.
   * @param rows all rows, or batches, which may exceed the available memory: see `maxRows`
   * @throws RowError for rows, TypeError or RangeError for options that cannot be used; the signal's reason if
   *   aborted. The detector is then unchanged.
   */
  async partialFit(
    rows: TableRows | Cells | RowBatches,
    options: PartialFitOptions = {},
  ): Promise<PartialFit> {
    const action = "update detector", { window } = this;
    requireFitOptions(options);
    const before = this.model, { maxRows, seed, signal } = options;
    const drawn = await drawCells(rows, this.schema, { action, window, maxRows, seed, signal });
    const update = window === undefined ? updated : updatedSeries;
    const { vae, model, heldOut, result } = await update(this, drawn, options);
    try {
      const oldThreshold = this.threshold;
      if (this.model !== before) {
        throw new DOMException(
          "Cannot update detector: it was changed in the meantime",
          "InvalidStateError",
        );
      }
      this.replaceModel(model, vae.parameters());
      this.#heldOut = heldOut;
      const { threshold, falseAlarmRate } = this;
      return { ...result, thresholds: [oldThreshold, threshold], falseAlarmRate };
    } finally {
      vae.dispose();
    }
  }

  /**
   * One verdict per row, in order; with `secondLook`, flagged rows also have their likelihood regret.
   * @throws as `TableScorer.score`; TypeError for unknown options, and for a second look at a series
   */
  override async score(rows: TableRows, options: ScoreOptions = {}): Promise<RowScore[]> {
    const { secondLook = false } = requireScoreOptions(options);
    const cells = toCells(rows, this.schema), verdicts = this.rowScores(this.scoreCells(cells));
    if (!secondLook) return verdicts;
    const secondPass = new SecondLook(this);
    try {
      const regrets = await secondPass.regrets(cells, (r) => verdicts[r].anomaly);
      return verdicts.map((each, r) => each.anomaly ? { ...each, regret: regrets[r] } : each);
    } finally {
      secondPass.dispose();
    }
  }

  /**
   * Like `score`, and adds for each row the columns to blame, with the value of each and its expected value.
   * @throws as `score`; TypeError or RangeError if the options, or the model, cannot be used
   */
  async explain(rows: TableRows | Cells, options: ExplainOptions = {}): Promise<RowExplanation[]> {
    const explained = explainCells(this, cellsOf(rows, this.schema), options);
    return this.rowScores(explained).map((verdict, r) => ({
      ...verdict,
      blamed: explained.blamed(r),
    }));
  }

  /**
   * Scores the steps of several series as they arrive, in any order: `streams().of(name).push(row)`.
   * @param options `maxSeries` is how many are kept at a time, by default as many as fit into 256 MiB
   * @throws TypeError if the model is not one of a series
   */
  streams(options: StreamsOptions = {}): SeriesStreams {
    const { maxSeries, ...each } = requireObject("stream options", options, ["vote", "maxSeries"]);
    this.stream(each); // refuses what no stream could be opened with
    return new SeriesStreams(
      () => this.stream(each),
      maxSeries === undefined
        ? seriesThatFit(this, options.vote)
        : requireNumber("maxSeries", maxSeries, { min: 1, integer: true }),
    );
  }

  /**
   * Explains the newest step of a stream of this detector, from the window that ends with it.
   * @param verdict what the last `push` gave
   * @throws TypeError or RangeError if the options, or the model, cannot be used
   */
  explainNewest(
    stream: SeriesStream,
    verdict: StepVerdict,
    options: ExplainOptions = {},
  ): StepExplanation {
    return explainNewest(this, stream, verdict, options);
  }

  /**
   * Whether rows are still like those that the detector was fitted to, or last calibrated on. Of a series the rates
   * hold about, for stretches several times as long as what is slowest in it.
   */
  drift(rows: TableRows | Cells, options?: DriftOptions): DriftReport;
  /** The same for rows in batches, which may exceed the available memory. */
  drift(rows: RowBatches, options?: DriftOptions): Promise<DriftReport>;
  drift(
    rows: TableRows | Cells | RowBatches,
    options: DriftOptions = {},
  ): DriftReport | Promise<DriftReport> {
    const test = this.driftTest(options);
    if (isAsync(rows)) return this.#driftOf(rows, test);
    test.add(cellsOf(rows, this.schema));
    return test.report();
  }

  async #driftOf(batches: RowBatches, test: RowsTest): Promise<DriftReport> {
    for await (const cells of batchesOf(batches, this.schema, "look for drift")) test.add(cells);
    return test.report();
  }

  /**
   * The same for rows in parts.
   * @internal
   */
  driftTest(options: DriftOptions = {}): RowsTest {
    return rowsTestOf(this, options);
  }

  /**
   * The model file. In a format other than the model's own, the weights are rounded and the calibration is repeated on
   * the held-out rows, or on `rows`.
   * @throws RangeError if rounding changes the order of the scores; TypeError for a loaded detector without rows
   */
  override save(options: SaveOptions = {}): Uint8Array {
    const { format, rows } = options;
    const file = this.modelFile();
    if (format === undefined || format === file.format) return super.save();
    // float32 holds all values of the smaller formats, so nothing is rounded.
    if (requireChoice("format", format, FILE_FORMATS) === "f32") {
      return writePackedFile({ ...file, format });
    }
    this.refuseSeries(`save as ${format}`);
    const heldOut = rows === undefined ? this.#heldOut : cellsOf(rows, this.schema);
    if (heldOut) return convertFormat(this, file, format, heldOut);
    throw new TypeError(
      `Cannot save as ${format}: give normal rows, to calibrate the rounded model on`,
    );
  }

  /** The held-out rows; absent if the detector was loaded. */
  #heldOut?: HeldOutRows;

  /**
   * Steps of a series depend on each other, so single steps cannot serve as calibration rows.
   * @internal
   */
  refuseSeries(action: string): void {
    if (this.model.window === undefined) return;
    throw new TypeError(
      `Cannot ${action}: the model scores a series, in windows of ${this.model.window} steps`,
    );
  }

  /**
   * Verdicts on the scores of a batch, with options for a false discovery rate, extrapolation beyond the resolution of
   * the calibration, and a minimum confidence.
   * @param scored what `score` or `explain` returned, or its scores alone, nats
   * @throws RangeError for a rate that the calibration rows cannot guarantee
   */
  decide(
    scored: ArrayLike<number | Pick<RowScore, "score">>,
    options: DecisionOptions = {},
  ): Decision {
    const scores = Float64Array.from(
      scored,
      (each) => typeof each === "number" ? each : each.score,
    );
    const falseAlarmRate = options.falseAlarmRate ?? this.falseAlarmRate;
    return decide(this.calibration, scores, { ...options, falseAlarmRate });
  }

  /** What a console shows: without this, thousands of lines of parameters. */
  [INSPECT](): object {
    const { columns, falseAlarmRate, threshold, calibration, networks, device, warnings } = this;
    const calibrationRows = calibration.scores.length;
    const fields = { columns, falseAlarmRate, threshold, calibrationRows, networks };
    return shownAs("Detector", { ...fields, device, warnings });
  }

  /** Loads a detector from the bytes or the URL of its file. */
  static override async load(
    source: Uint8Array | ArrayBuffer | URL,
    device: DeviceOptions = {},
  ): Promise<Detector> {
    const file = await loadModelFile(source);
    return new Detector(new VAE(...fromModelFile(file), device), tableModelOf(file));
  }
}
