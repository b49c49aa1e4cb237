/** What a detector has beside its VAE: the schema, what cells become, what scores are judged by. `table_file.ts` keeps it. */
import type { FileFormat } from "../trained/file/quantize.ts";
import type { Calibration } from "./decisions/calibration.ts";
import type { EnsembleModel } from "./ensemble/ensemble.ts";
import type { Expansion } from "./table/expansion.ts";
import type { ColumnSchema } from "./table/schema.ts";
import type { Standardization } from "./table/standardize.ts";

/** What a table model has beyond its VAE. */
export interface TableModel {
  /** What its columns are, in order. */
  readonly schema: readonly ColumnSchema[];
  /**
   * What the VAE has for them.
   * @internal
   */
  readonly expansion: Expansion;
  /** What brings cells to zero mean and unit variance. */
  readonly standardization: Standardization;
  /**
   * What scores the rows; the VAE by itself where absent.
   * @internal
   */
  readonly ensemble?: EnsembleModel;
  /** Steps of a window, where rows are the consecutive steps of a series: the model is one of windows. */
  readonly window?: number;
  /** Scores of the rows kept back. */
  readonly calibration: Calibration;
  /** Of a series: scores of the single windows kept back, by which a stream is judged. */
  readonly streamCalibration?: Calibration;
  /**
   * What cells of each column cost that its kind rules out, nats, 0 where none is (`table/impossible.ts`); absent where none does, of a series and from older files.
   * @internal
   */
  readonly impossible?: Float64Array;
  /** Mean raw contribution of each column, of a series each cell of a window, over the calibration rows. */
  readonly typical: Float64Array;
  /**
   * Of that what the cells cost by themselves, without their shares of the KL: what a missing cell costs a model of whole
   * rows, which fills it in; absent from other models, and older files, where it is `typical`.
   */
  readonly costs?: Float64Array;
  /** The share of normal rows that may be flagged. */
  readonly falseAlarmRate: number;
  /** What a user should know about the fit. */
  readonly warnings: readonly string[];
  /**
   * What drift is measured against; absent from older files.
   * @internal
   */
  readonly sketch?: TableSketch;
  /** How the file that it came from keeps its weights. */
  readonly format?: FileFormat;
}

/** The distributions of the columns, `[columns, SKETCH_WIDTH]`, and of how many rows. */
export interface TableSketch {
  readonly data: Float64Array;
  readonly rows: number;
}

/** Numbers of a column's sketch: the share of missing cells, 21 quantiles, and their shares. */
export const SKETCH_WIDTH = 43;

/** Steps of a window, at most. */
export const MAX_WINDOW = 10_000;

/** The columns of a model's rows: of a series, all cells of a window, oldest step first: "a@-1", "a@-0". */
export function rowSchema(schema: readonly ColumnSchema[], window = 0): readonly ColumnSchema[] {
  if (window === 0) return schema;
  const ages = Array.from({ length: window }, (_, i) => window - 1 - i);
  return ages.flatMap((age) =>
    schema.map((column) => ({ ...column, name: `${column.name}@-${age}` }))
  );
}
