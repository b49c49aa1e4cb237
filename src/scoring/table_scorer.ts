/**
 * A trained detector: rows of a table in, calibrated scores and blame out. Forward only;
 * `detection/detector.ts` adds fitting.
 *
 *   cells → standardised → cost and KL (`TrainedVae`) → contributions and score → p-value → anomaly
 */
import type { Tensor } from "../formats/safetensors.ts";
import { requireObject } from "../core/validate.ts";
import { Calibration } from "./calibration.ts";
import { rawContributions, relateToTypical } from "./contributions.ts";
import type { Matrix } from "./matrix.ts";
import { type ModelFile, requireKind, writeModelFile } from "./model_file.ts";
import { type Cells, type Standardization, standardize, standardizeValue } from "./standardize.ts";
import { type TableRows, toCells } from "./table_rows.ts";
import { type DeviceOptions, fromModelFile, loadModelFile, TrainedVae } from "./trained_vae.ts";

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

/** What a table model has beyond its VAE. */
export interface TableModel {
  /** Names, in order. */
  readonly columns: readonly string[];
  /** What brings cells to zero mean and unit variance. */
  readonly standardization: Standardization;
  /** Scores of the rows kept back. */
  readonly calibration: Calibration;
  /** Mean raw contribution of each column over the calibration rows. */
  readonly typical: Float64Array;
  /** The share of normal rows that may be flagged. */
  readonly falseAlarmRate: number;
  /** What a user should know about the fit. */
  readonly warnings: readonly string[];
}

/** Scores tables with a fitted detector. */
export class TableScorer {
  /** The model of the standardised rows. */
  readonly vae: TrainedVae;
  /** Names, in order. */
  readonly columns: readonly string[];
  /** What a user should know about the fit. */
  readonly warnings: readonly string[];
  /** @internal */
  protected readonly model: TableModel;
  #falseAlarmRate: number;
  readonly #row: Float32Array;
  readonly #raw: Float64Array;

  /** `load` is the usual way. */
  constructor(vae: TrainedVae, model: TableModel) {
    this.vae = vae;
    this.model = model;
    this.columns = model.columns;
    this.warnings = model.warnings;
    this.#falseAlarmRate = model.falseAlarmRate;
    this.#row = new Float32Array(this.columns.length);
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
   * @throws TypeError or RangeError naming row and column for a row that does not fit
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
    const x = standardize(cells, this.model.standardization);
    const { cost, kl } = this.vae.costs(x);
    const scores = new Float64Array(cells.rows), pValues = new Float64Array(cells.rows);
    const contributions = new Float64Array(cells.rows * width);
    for (let r = 0; r < cells.rows; r++) {
      const raw = contributions.subarray(r * width, (r + 1) * width);
      scores[r] = rawContributions(rowOf(x, r), rowOf(cost, r), rowOf(kl, r), raw);
      pValues[r] = this.model.calibration.pValue(scores[r]);
      relateToTypical(raw, this.model.typical);
    }
    return { scores, pValues, contributions };
  }

  /**
   * Scores one row without allocating: `out[0]` the score, `out[1]` the p-value, and the columns'
   * contributions behind them, as far as `out` reaches. Values are not checked.
   */
  scoreInto(row: ArrayLike<number>, out: Float32Array | Float64Array): void {
    const width = this.columns.length;
    if (row.length !== width) {
      throw new RangeError(
        `Cannot score row: expected ${width} numbers: current value is ${row.length}`,
      );
    }
    const { standardization, calibration, typical } = this.model;
    for (let c = 0; c < width; c++) this.#row[c] = standardizeValue(row[c], standardization, c);
    const { cost, kl } = this.vae.costOfRow(this.#row);
    const score = rawContributions(this.#row, cost, kl, this.#raw);
    out[0] = score;
    if (out.length > 1) out[1] = calibration.pValue(score);
    if (out.length <= 2) return;
    relateToTypical(this.#raw, typical);
    for (let c = 0; c < width && c + 2 < out.length; c++) out[c + 2] = this.#raw[c];
  }

  /** Whether a row with this p-value is flagged, at the present false-alarm rate or another. */
  isAnomaly(pValue: number, falseAlarmRate: number = this.#falseAlarmRate): boolean {
    return pValue <= falseAlarmRate * (1 + 1e-9);
  }

  /** Rows as the VAE sees them: standardised float32. */
  standardize(rows: TableRows): Matrix {
    return standardize(toCells(rows, this.columns), this.model.standardization);
  }

  /** The preprocessing, to bring rows that the VAE made back to the units of the table. */
  get standardization(): Standardization {
    return this.model.standardization;
  }

  /** The model file: the VAE and all that scoring needs. */
  save(): Uint8Array {
    const { spec, tensors } = { spec: this.vae.spec, tensors: this.vae.modelFile().tensors };
    const { standardization: { centre, scale }, calibration, typical, warnings } = this.model;
    const table = { columns: this.columns, falseAlarmRate: this.#falseAlarmRate, warnings };
    const own = { "table.centre": centre, "table.scale": scale, "table.typical": typical };
    const withCalibration = { ...own, "table.calibration": calibration.scores };
    const vectors = Object.entries(withCalibration).map(([name, data]) =>
      [name, { dtype: "F64", shape: [data.length], data } as Tensor] as const
    );
    return writeModelFile({
      kind: "detector",
      metadata: { spec, table },
      tensors: new Map([...tensors, ...vectors]),
    });
  }

  /** Gives back the memory; the scorer must not be used afterwards. */
  dispose(): void {
    this.vae.dispose();
  }
}

/** @throws SyntaxError if the file lacks what a detector needs */
export function tableModelOf(file: ModelFile): TableModel {
  requireKind(file, ["detector"]);
  const keys = ["columns", "falseAlarmRate", "warnings"];
  const table = requireObject("table", file.metadata.table, keys);
  const columns = table.columns as string[];
  const vector = (name: string, length?: number) => {
    const tensor = file.tensors.get(`table.${name}`);
    const data = tensor?.data;
    const right = data instanceof Float64Array && (length === undefined || data.length === length);
    if (right && data.every(Number.isFinite)) return data;
    throw new SyntaxError(
      `Cannot read model: "table.${name}" must be finite float64 of the table's width`,
    );
  };
  if (!Array.isArray(columns) || !columns.every((name) => typeof name === "string")) {
    throw new SyntaxError("Cannot read model: table.columns must be a list of names");
  }
  const calibration = new Calibration(vector("calibration"));
  calibration.requireRate(table.falseAlarmRate as number);
  return {
    columns,
    standardization: {
      centre: vector("centre", columns.length),
      scale: vector("scale", columns.length),
    },
    calibration,
    typical: vector("typical", columns.length),
    falseAlarmRate: table.falseAlarmRate as number,
    warnings: table.warnings as string[],
  };
}

function rowOf({ data, shape: [, columns] }: Matrix, r: number): Float32Array {
  return data.subarray(r * columns, (r + 1) * columns);
}
