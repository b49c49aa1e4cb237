/** The size for which a program is compiled. */

/** Capacity of a program in rows, and the draws per row for `evaluate`. */
export interface ProgramSize {
  readonly capacity: number;
  readonly samples?: number;
  /** Number of rows to process; a device may take more than the capacity at once. */
  readonly rows?: number;
  /** Whether a run may take many times the capacity, if the backend can. */
  readonly isBulk?: boolean;
}
