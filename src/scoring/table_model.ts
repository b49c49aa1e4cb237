/** A detector without its VAE: the schema, the preprocessing, and the calibration. `table_file.ts` stores it. */
import type { FileFormat } from "../trained/file/quantize.ts";
import type { Calibration } from "./decisions/calibration.ts";
import type { EnsembleModel } from "./ensemble/ensemble.ts";
import type { Expansion } from "./table/expansion.ts";
import type { ColumnSchema } from "./table/schema.ts";
import type { Standardization } from "./table/standardize.ts";

/** A table model without its VAE. */
export interface TableModel {
  /** The columns, in order. */
  readonly schema: readonly ColumnSchema[];
  /**
   * The VAE columns of the table columns.
   * @internal
   */
  readonly expansion: Expansion;
  /** Scales cells to zero mean and unit variance. */
  readonly standardization: Standardization;
  /**
   * Scores the rows; if absent, the VAE does.
   * @internal
   */
  readonly ensemble?: EnsembleModel;
  /** Steps per window, if rows are the consecutive steps of a series: the model is then one of windows. */
  readonly window?: number;
  /**
   * When the steps of a series are, if its rows say so.
   * @internal
   */
  readonly clock?: SeriesClock;
  /**
   * The column that says which of several series a step belongs to; not one of the model's.
   * @internal
   */
  readonly by?: string;
  /**
   * Runs of flagged steps per step that calibrates, of a model that has just been calibrated; not in its file.
   * @internal
   */
  readonly runsPerStep?: number;
  /** Scores of the held-out rows. */
  readonly calibration: Calibration;
  /** For a series: scores of single held-out windows, for judging streams. */
  readonly streamCalibration?: Calibration;
  /**
   * Cost of an impossible cell in each column, nats, or 0 if there are none (`table/impossible.ts`); absent if all are
   * 0, for a series, and in older files.
   * @internal
   */
  readonly impossible?: Float64Array;
  /** Mean raw contribution of each column over the calibration rows; for a series, of each cell of a window. */
  readonly typical: Float64Array;
  /**
   * The part of `typical` without the KL: the cost of a missing cell in a model of whole rows, which fills it in.
   * Absent for other models and in older files, where that cost is `typical`.
   */
  readonly costs?: Float64Array;
  /** The share of normal rows that may be flagged. */
  readonly falseAlarmRate: number;
  /** What the user should know about the table and the training. */
  readonly warnings: readonly string[];
  /** The same about the rows that calibrate: other such rows have other warnings. */
  readonly calibrationWarnings: readonly string[];
  /**
   * The reference for drift; absent in older files.
   * @internal
   */
  readonly sketch?: TableSketch;
  /** How the file it was loaded from stores weights. */
  readonly format?: FileFormat;
}

/** The times of a series' steps. */
export interface SeriesClock {
  /** The column of times, which is not one of the model's. */
  readonly column: ColumnSchema;
  /** Seconds from a step to the next; 0 if that varies, or if gaps were not laid out. */
  readonly spacing: number;
}

/** All that the user should know about the fit. */
export function warningsOf({ calibrationWarnings, warnings }: TableModel): readonly string[] {
  return [...calibrationWarnings, ...warnings];
}

/** The distributions of the columns, `[columns, SKETCH_WIDTH]`, and the number of rows they are based on. */
export interface TableSketch {
  readonly data: Float64Array;
  readonly rows: number;
  /** The number of rows of categorical columns; absent in older files, whose levels are in another order. */
  readonly levelRows?: number;
}

/** Numbers in a column's sketch: the share of missing cells, 21 quantiles, and their shares. */
export const SKETCH_WIDTH = 43;

/** Maximum number of steps in a window. */
export const MAX_WINDOW = 10_000;

/** The columns of a model's rows; for a series, all cells of a window, oldest step first: "a@-1", "a@-0". */
export function rowSchema(schema: readonly ColumnSchema[], window = 0): readonly ColumnSchema[] {
  if (window === 0) return schema;
  const ages = Array.from({ length: window }, (_, i) => window - 1 - i);
  return ages.flatMap((age) =>
    schema.map((column) => ({ ...column, name: `${column.name}@-${age}` }))
  );
}
