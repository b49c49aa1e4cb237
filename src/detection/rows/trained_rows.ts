/** The number of rows that a model was fitted to; of a series, steps. */
export interface TrainedRows {
  /** Rows fitted to. */
  readonly rows: number;
  /** Rows it could have been fitted to: all but copies and those held out for calibration. */
  readonly of: number;
}
