/**
 * A trained detector: rows of a table in, calibrated scores and blame out. Forward only;
 * `detection/detector.ts` adds fitting.
 *
 *   cells → score and raw contributions (`RowScorer`) → excess over typical rows → p-value → anomaly
 */
import type { Calibration } from "./calibration.ts";
import { relateToTypical } from "./contributions.ts";
import { requireData } from "./data_rule.ts";
import type { Matrix } from "./matrix.ts";
import { writeModelFile } from "./model_file.ts";
import { ensembleMetadata } from "./ensemble/ensemble_file.ts";
import type { RowScorer } from "./row_scorer.ts";
import { rowScorerOf } from "./row_scorer_of.ts";
import { type Cells, type Standardization, standardize } from "./standardize.ts";
import { requireObject } from "../core/validate.ts";
import { SeriesStream } from "./series/series_stream.ts";
import { requireVote, type Vote } from "./series/vote.ts";
import { WindowScorer } from "./series/window_scorer.ts";
import { tableMetadata, type TableModel, tableModelOf, tableTensors } from "./table_model.ts";
import { type TableRows, toCells } from "./table_rows.ts";
import { project, type View } from "./views/view.ts";
import { type DeviceOptions, fromModelFile, loadModelFile, TrainedVae } from "./trained_vae.ts";

export { type TableModel, tableModelOf } from "./table_model.ts";

/** The verdict on one row. */
export interface RowScore {
  /** Nats; higher is more anomalous. */
  readonly score: number;
  /** Split-conformal: see `Calibration`. */
  readonly pValue: number;
  /** pValue ≤ false-alarm rate. */
  readonly anomaly: boolean;
  /** Nats by column name; they sum to the score. */
  readonly contributions: Readonly<Record<string, number>>;
}

/** The verdicts on many rows, without an object for each. */
export interface ScoreTable {
  /** Nats. */
  readonly scores: Float64Array;
  /** Split-conformal. */
  readonly pValues: Float64Array;
  /** `[rows, columns]`, row-major, nats. */
  readonly contributions: Float64Array;
}

/** Scores tables with a fitted detector. */
export class TableScorer {
  /**
   * The model of the standardised rows; beside an ensemble its first network, which draws, encodes and
   * reconstructs rows of its first view.
   */
  readonly vae: TrainedVae;
  /** Names, in order. */
  readonly columns: readonly string[];
  /** What a user should know about the fit. */
  readonly warnings: readonly string[];
  /** @internal */
  protected readonly model: TableModel;
  #falseAlarmRate: number;
  readonly #raw: Float64Array;
  readonly #rows: RowScorer;

  /** `load` is the usual way. */
  constructor(vae: TrainedVae, model: TableModel) {
    this.vae = vae;
    this.#rows = rowScorerOf(vae, model);
    this.model = model;
    this.columns = model.columns;
    this.warnings = model.warnings;
    this.#falseAlarmRate = model.falseAlarmRate;
    this.#raw = new Float64Array(this.columns.length);
  }

  /** A detector from the bytes of its file, or from where a URL points. */
  static async load(source: Uint8Array | URL, device: DeviceOptions = {}): Promise<TableScorer> {
    const file = await loadModelFile(source);
    return new this(new TrainedVae(...fromModelFile(file), device), tableModelOf(file));
  }

  /** What is really in use. */
  get device(): TrainedVae["device"] {
    return this.vae.device;
  }

  /** The share of normal rows that may be flagged. */
  get falseAlarmRate(): number {
    return this.#falseAlarmRate;
  }

  /** The calibration score that a row must exceed to be flagged, nats. */
  get threshold(): number {
    return this.model.calibration.threshold(this.#falseAlarmRate);
  }

  /** The scores of the rows kept back from training, and what follows from them. */
  get calibration(): Calibration {
    return this.model.calibration;
  }

  /** Rows kept back from training to calibrate. */
  get calibrationRows(): number {
    return this.model.calibration.scores.length;
  }

  /**
   * Changes the threshold; nothing is trained anew.
   * @throws RangeError if the calibration rows cannot keep so small a rate
   */
  setFalseAlarmRate(rate: number): void {
    this.model.calibration.requireRate(rate);
    this.#falseAlarmRate = rate;
  }

  /**
   * One verdict per row.
   * @throws TypeError or RangeError naming row and column for a row that does not fit, RangeError
   *   naming a row whose score is not finite
   */
  async score(rows: TableRows): Promise<RowScore[]> {
    const { scores, pValues, contributions } = this.scoreCells(toCells(rows, this.columns));
    const width = this.columns.length;
    return Array.from(scores, (score, r) => {
      const byName: Record<string, number> = Object.create(null);
      this.columns.forEach((name, c) => byName[name] = contributions[r * width + c]);
      const pValue = pValues[r];
      return { score, pValue, anomaly: this.isAnomaly(pValue), contributions: byName };
    });
  }

  /** `score` for many rows at once. */
  scoreCells(cells: Cells): ScoreTable {
    const width = this.columns.length;
    this.#requireData(cells);
    const { scores, raw: contributions } = this.#rows.scoreCells(cells);
    for (let r = 0; r < cells.rows; r++) {
      relateToTypical(contributions.subarray(r * width, (r + 1) * width), this.model.typical);
    }
    const pValues = scores.map((score) => this.model.calibration.pValue(score));
    return { scores, pValues, contributions };
  }

  /**
   * Scores one row without allocating: `out[0]` the score, `out[1]` the p-value, and the columns'
   * contributions behind them, as far as `out` reaches. The caller vouches for the values: only the
   * score is checked. A cell that the likelihood cannot take, such as 2 under a Bernoulli likelihood,
   * gives a finite score that means nothing.
   * @throws RangeError for another number of cells, or a score that is not finite
   */
  scoreInto(row: ArrayLike<number>, out: Float32Array | Float64Array): void {
    const width = this.columns.length;
    if (row.length !== width) {
      throw new RangeError(
        `Cannot score row: expected ${width} numbers: current value is ${row.length}`,
      );
    }
    const { calibration, typical } = this.model;
    const score = this.#rows.scoreRow(row, this.#raw);
    out[0] = score;
    if (out.length > 1) out[1] = calibration.pValue(score);
    if (out.length <= 2) return;
    relateToTypical(this.#raw, typical);
    for (let c = 0; c < width && c + 2 < out.length; c++) out[c + 2] = this.#raw[c];
  }

  /**
   * Scores a series step by step as it comes.
   * @throws TypeError if the model is not one of a series
   */
  stream(options: { readonly vote?: Vote } = {}): SeriesStream {
    const { window, streamCalibration: calibration, columns, typical } = this.model;
    const scorer = this.#rows;
    if (!(scorer instanceof WindowScorer) || window === undefined || calibration === undefined) {
      throw new TypeError("Cannot open a stream: the model scores single rows, not a series");
    }
    const { vote } = requireObject("stream options", options, ["vote"]);
    const isAnomaly = (pValue: number) => this.isAnomaly(pValue);
    return new SeriesStream(
      scorer,
      { columns, window, calibration, typical, isAnomaly },
      vote === undefined ? undefined : requireVote(vote),
    );
  }

  /** Whether a row with this p-value is flagged, at the present false-alarm rate or another. */
  isAnomaly(pValue: number, falseAlarmRate: number = this.#falseAlarmRate): boolean {
    return pValue <= falseAlarmRate * (1 + 1e-9);
  }

  /** Rows as the VAE sees them: standardised float32, or those of the first view. */
  standardize(rows: TableRows): Matrix {
    const cells = toCells(rows, this.columns);
    this.#requireData(cells);
    return this.view
      ? project(this.view, cells, this.columns.length).x
      : standardize(cells, this.model.standardization);
  }

  #requireData(cells: Cells): void {
    if (this.view) return;
    requireData(this.vae.spec, cells.data, { nameOf: (c) => `"${this.columns[c]}"` });
  }

  /** The view whose rows the VAE takes; absent where it takes standardised ones. */
  get view(): View | undefined {
    return this.model.ensemble?.parts[0].view;
  }

  /** The usual centre and spread of each column; by them the rows of a VAE without a view are scaled. */
  get standardization(): Standardization {
    return this.model.standardization;
  }

  /** The model file: the VAE and all that scoring needs. */
  save(): Uint8Array {
    const { metadata, tensors } = this.vae.modelFile();
    const model = { ...this.model, falseAlarmRate: this.#falseAlarmRate };
    const { ensemble } = model;
    return writeModelFile({
      kind: "detector",
      metadata: {
        ...metadata,
        table: tableMetadata(model),
        ...(ensemble && { ensemble: ensembleMetadata(ensemble) }),
      },
      tensors: new Map([...tensors, ...tableTensors(model)]),
      // An ensemble's numbers are ones that halves hold: nothing is lost.
      ...(ensemble && { format: "f16" }),
    });
  }

  /** Gives back the memory; the scorer must not be used afterwards. */
  dispose(): void {
    this.#rows.dispose();
    this.vae.dispose();
  }
}
