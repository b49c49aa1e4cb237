/**
 * The part of papaparse 5.7.1 that csv.ts uses; the package has no types of its own.
 */

/** Options of one call. */
export interface ParseConfig {
  /** Cell separator. */
  readonly delimiter: string;
  /** Record separator. */
  readonly newline: string;
}

/** A fault in the text. */
export interface ParseError {
  /** For example "MissingQuotes". */
  readonly code: string;
  /** Index of the record, from 0. */
  readonly row?: number;
}

/** What one call returns. */
export interface ParseResult {
  /** Records of cells. */
  readonly data: string[][];
  /** Faults found. */
  readonly errors: readonly ParseError[];
}

/** The library. */
declare const papaparse: { parse(text: string, config: ParseConfig): ParseResult };
export default papaparse;
