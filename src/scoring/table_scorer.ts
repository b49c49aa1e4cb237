/**
 * A trained detector: takes rows of a table, and returns calibrated scores and blame. Forward only;
 * `detection/detector.ts` adds fitting.
 *
 *   cells → raw contributions and score (`RowScorer`) → contributions → p-value → anomaly
 */
import { requireObject } from "../core/validate.ts";
import type { CellFault } from "../trained/rows/data_rule.ts";
import { requireRoom } from "../trained/finite.ts";
import type { Matrix } from "../trained/rows/matrix.ts";
import type { ModelFile } from "../trained/file/model_file.ts";
import { writePackedFile } from "../trained/file/packed_file.ts";
import type { SampleOptions } from "../trained/calls/sampling.ts";
import {
  type DeviceOptions,
  fromModelFile,
  loadModelFile,
  TrainedVae,
} from "../trained/trained_vae.ts";
import type { Calibration } from "./decisions/calibration.ts";
import { isWithin } from "./decisions/rates.ts";
import { EnsembleScorer } from "./ensemble/ensemble_scorer.ts";
import { NetworkScorer } from "./network_scorer.ts";
import { scoreCells, scoreRowInto } from "./calibrated_scores.ts";
import type { RowScore, ScoreTable } from "./row_score.ts";
import type { RowScorer } from "./row_scorer.ts";
import type { ColumnSchema } from "./table/schema.ts";
import { type SeriesStep, SeriesStream } from "./series/series_stream.ts";
import { requireVote, type Vote } from "./series/vote.ts";
import { requireWindows, windowsOf } from "./series/windows.ts";
import type { Cells } from "./table/cells.ts";
import type { Standardization } from "./table/standardize.ts";
import { type TableModel, warningsOf } from "./table_model.ts";
import { detectorFile, tableModelOf } from "./table_file.ts";
import { type TableRows, toCells } from "./table/table_rows.ts";
import { roundCounts } from "./table/whole_counts.ts";

export type { TableModel } from "./table_model.ts";
export { tableModelOf } from "./table_file.ts";
export type { RowScore, ScoreTable } from "./row_score.ts";

/** Scores tables with a fitted detector. */
export class TableScorer {
  /** The model of the standardised rows. */
  readonly vae: TrainedVae;
  /** Column names, in order. */
  readonly columns: readonly string[];
  /** Columns, in order. */
  readonly schema: readonly ColumnSchema[];
  /** @internal */
  protected model: TableModel;
  #falseAlarmRate: number;
  #scorer: RowScorer;
  /** Contributions of a single row. */
  readonly #raw: Float64Array;
  /** What streams score a window into, one at a time. */
  readonly #out: Float64Array;

  /** Usually called through `load`. */
  constructor(vae: TrainedVae, model: TableModel) {
    this.vae = vae;
    this.model = model;
    this.#scorer = scorerOf(vae, model);
    this.schema = model.schema;
    this.columns = model.schema.map(({ name }) => name);
    this.#falseAlarmRate = model.falseAlarmRate;
    this.#raw = new Float64Array(model.typical.length);
    this.#out = new Float64Array(this.#raw.length + 2);
  }

  /** Loads a detector from the bytes or the URL of its file. */
  static async load(
    source: Uint8Array | ArrayBuffer | URL,
    device: DeviceOptions = {},
  ): Promise<TableScorer> {
    const file = await loadModelFile(source);
    return new this(new TrainedVae(...fromModelFile(file), device), tableModelOf(file));
  }

  /**
   * The model without its VAE.
   * @internal
   */
  get table(): TableModel {
    return this.model;
  }

  /** What the user should know about the fit. */
  get warnings(): readonly string[] {
    return warningsOf(this.model);
  }

  /**
   * Switches to another model of the same columns and sizes. If that fails, nothing changes.
   * @param parameters parameters of its VAE
   * @internal
   */
  protected replaceModel(
    model: TableModel,
    parameters: ReturnType<TrainedVae["parameters"]>,
  ): void {
    const scorer = scorerOf(this.vae, model);
    try {
      this.vae.setParameters(parameters);
    } catch (error) {
      scorer.dispose();
      throw error;
    }
    this.#scorer.dispose();
    [this.#scorer, this.model, this.#falseAlarmRate] = [scorer, model, model.falseAlarmRate];
  }

  /** The device in use. */
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

  /** The calibration by the scores of held-out rows. */
  get calibration(): Calibration {
    return this.model.calibration;
  }

  /** The number of networks that score a row: 1, or all of an ensemble. @internal */
  get networks(): number {
    return this.#scorer.networks;
  }

  /** Number of held-out rows used for calibration. */
  get calibrationRows(): number {
    return this.model.calibration.scores.length;
  }

  /**
   * Changes the threshold, without training.
   * @throws RangeError if the calibration rows cannot guarantee such a low rate
   */
  setFalseAlarmRate(rate: number): void {
    this.model.calibration.requireRate(rate);
    this.#falseAlarmRate = rate;
  }

  /**
   * One verdict per row.
   * @throws RowError naming row and column for an invalid row; NotFiniteError naming a row whose score is not finite
   */
  async score(rows: TableRows, ...extraArguments: never[]): Promise<RowScore[]> {
    // Otherwise JavaScript would silently ignore a second argument, such as a false-alarm rate.
    if (extraArguments.length > 0) {
      throw new TypeError(
        `Cannot score: expected nothing but rows (setFalseAlarmRate() sets the rate, decide() takes other rules), got ${
          extraArguments.length + 1
        } arguments`,
      );
    }
    return this.rowScores(this.scoreCells(toCells(rows, this.schema)));
  }

  /** Converts a table of scores to one object per row. */
  protected rowScores(table: ScoreTable): RowScore[] {
    const { scores, pValues, contributions } = table;
    const width = this.columns.length;
    return Array.from(scores, (score, r) => {
      const byName: Record<string, number> = Object.create(null);
      this.columns.forEach((name, c) => byName[name] = contributions[r * width + c]);
      const pValue = pValues[r];
      return { score, pValue, anomaly: this.isAnomaly(pValue), contributions: byName };
    });
  }

  /** Like `score`, for many rows at once, as `toCells` returns them; for a series, its steps in order. */
  scoreCells(cells: Cells): ScoreTable {
    return scoreCells(this.#scorer, this.model, cells);
  }

  /** Steps per window, if the rows are those of a series. */
  get window(): number | undefined {
    return this.model.window;
  }

  /**
   * Scores a series step by step as it arrives.
   * @throws TypeError if the model is not one of a series
   */
  stream(options: { readonly vote?: Vote } = {}): SeriesStream {
    const { window, streamCalibration: calibration } = this.model;
    if (window === undefined || calibration === undefined) {
      throw new TypeError("Cannot open a stream: the model scores single rows, not a series");
    }
    const { vote } = requireObject("stream options", options, ["vote"]);
    const model = {
      columns: this.columns.length,
      window,
      calibration,
      isAnomaly: (pValue: number) => this.isAnomaly(pValue),
      cellsOf: (row: SeriesStep) =>
        row instanceof Float64Array || row instanceof Float32Array
          ? row
          : toCells([row] as TableRows, this.schema).data,
      scoreWindow: (row: Float64Array) => {
        scoreRowInto(this.#scorer, this.model, row, this.#raw, this.#out);
        return this.#out;
      },
    };
    return new SeriesStream(model, vote === undefined ? undefined : requireVote(vote));
  }

  /**
   * Scores one row without allocating.
   *
   * Cells are not checked: one that the likelihood does not accept, such as 2 under a Bernoulli likelihood, gives a
   * meaningless score. `score` checks them.
   * @param row [columns], as `toCells` returns it; NaN marks a missing cell, and a row that has one may allocate
   * @param out receives the score (nats), the p-value, and the contribution of each column (nats), as far as its length
   *   allows
   * @throws RangeError if the row has a wrong number of cells, `out` is empty, or its score is not finite; TypeError
   *   for a series
   */
  scoreInto(row: ArrayLike<number>, out: Float32Array | Float64Array): void {
    const width = this.columns.length;
    if (row.length !== width) {
      throw new RangeError(
        `Cannot score row: expected ${width} numbers, got ${row.length}`,
      );
    }
    if (this.model.window !== undefined) {
      throw new TypeError(
        "Cannot score one row: the model scores a series: use score() or stream()",
      );
    }
    requireRoom(out);
    scoreRowInto(this.#scorer, this.model, row, this.#raw, out);
  }

  /** Whether a row with this p-value is flagged, at the current or another false-alarm rate. */
  isAnomaly(pValue: number, falseAlarmRate: number = this.#falseAlarmRate): boolean {
    return isWithin(pValue, falseAlarmRate);
  }

  /** Rows as inputs of the VAE: expanded and standardised float32, NaN for missing cells. */
  standardize(rows: TableRows): Matrix {
    return this.toVae(toCells(rows, this.schema));
  }

  /**
   * Cells as inputs of the VAE; for an ensemble in its first view, for a series its windows.
   * @throws RowError naming row and column of a cell that the likelihood does not accept; RangeError for a series
   *   shorter than one window
   */
  toVae(cells: Cells): Matrix {
    const { window } = this.model, columns = this.columns.length;
    if (window === undefined) return this.#scorer.toVae(cells);
    const count = requireWindows(cells.rows, window);
    return this.#scorer.toVae(windowsOf(cells, columns, window, 0, count));
  }

  /** Outputs of the VAE in the columns and units of the table; times cannot be mapped back and are NaN. */
  fromVae(matrix: Matrix): Cells {
    this.#requireRows();
    return this.#scorer.fromVae(matrix);
  }

  /** New rows of the table, `first` to `first + count - 1` of those that the seed determines. @internal */
  drawFrom(first: number, count: number, options: SampleOptions): Cells {
    this.#requireRows();
    const cells = this.#scorer.draw(first, count, options);
    // A mean may lie between two counts; a draw is a count.
    if (!options.mean) roundCounts(cells, this.schema);
    return cells;
  }

  #requireRows(): void {
    if (this.model.window === undefined) return;
    throw new TypeError("Cannot restore rows of a table: the model scores a series");
  }

  /** The first cell that the likelihood does not accept. */
  findFault(cells: Cells): CellFault | undefined {
    return this.#scorer.findFault(cells);
  }

  /** ln |ds/dx| for each row x of cells and the VAE's row s, nats. */
  logJacobians(cells: Cells): Float64Array {
    return this.#scorer.logJacobians(cells);
  }

  /**
   * Whether the VAE accepts the rows that `toVae` makes from rows with missing cells.
   * @internal
   */
  get takesMissing(): boolean {
    return this.#scorer.takesMissing;
  }

  /** [columns], the size of one unit of the VAE in the column's own unit; 1 for categories and times. */
  get scale(): Float64Array {
    const { expansion, standardization: { scale } } = this.model;
    const scales = new Float64Array(this.columns.length).fill(1);
    this.schema.forEach(({ kind }, c) => {
      const d = expansion.owner.indexOf(c);
      if (kind !== "categorical" && kind !== "timestamp") scales[c] = scale[d];
    });
    return scales;
  }

  /** The preprocessing, for converting outputs of the VAE to the units of the table. */
  get standardization(): Standardization {
    return this.model.standardization;
  }

  /** The model file: the VAE and everything else that scoring needs. */
  save(): Uint8Array {
    return writePackedFile(this.modelFile());
  }

  /** The contents of its file. */
  modelFile(): ModelFile {
    return detectorFile(this.vae.modelFile(), {
      ...this.model,
      falseAlarmRate: this.#falseAlarmRate,
    });
  }

  /** Frees the memory; the scorer must not be used afterwards. */
  dispose(): void {
    this.#scorer.dispose();
    this.vae.dispose();
  }
}

function scorerOf(vae: TrainedVae, model: TableModel): RowScorer {
  return model.ensemble ? new EnsembleScorer(vae, model.ensemble) : new NetworkScorer(vae, model);
}
