/** What a detector does to a row before its VAE sees it: min(limit, max(-limit, (x - centre) / scale)). */
export interface Preprocessing {
  /** Subtracted. */
  readonly centre: Float64Array;
  /** Then divided by. */
  readonly scale: Float64Array;
  /** Infinity where a column stays as it is. */
  readonly limit: Float64Array;
}
