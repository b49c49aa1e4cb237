/**
 * The error that every reader of tabular data throws: it names the file, the row, the column and what was expected.
 * Limits: quoted values are cut at 40 characters and escaped, so that a hostile cell cannot flood or forge a log line.
 */

/** The details of a {@link DataError}: a place, and what was expected there or the fault in words. */
export interface DataErrorDetails {
  /** File name, or "-" for standard input; omitted if that would tell the reader nothing. */
  readonly source?: string;
  /** Data row, counted from 1 below the header. */
  readonly row?: number;
  /** Line of a text file, from 1; differs from the row by the header and by line breaks inside quotes. */
  readonly line?: number;
  /** Column name. */
  readonly column?: string;
  /** What is at fault, if it is not the value at that place: for example "array type". */
  readonly subject?: string;
  /** What was expected, for example "a finite number"; with a subject, what it must be. */
  readonly expected?: string;
  /** What was found instead; omitted if there is nothing to show. */
  readonly actual?: string;
  /** The fault in words, in place of what was expected. */
  readonly fault?: string;
  /** The option that would allow what was found: whoever shows the error knows how it is given. */
  readonly option?: "header";
}

/** Data that cannot be read as a table, with the place where reading stopped. */
export class DataError extends TypeError {
  /** Class name, for logs. */
  override readonly name: string = "DataError";
  /** File name, or "-" for standard input. */
  readonly source: string | undefined;
  /** Data row from 1, if one row is at fault. */
  readonly row: number | undefined;
  /** Line of the text file from 1, if known. */
  readonly line: number | undefined;
  /** Column name, if one column is at fault. */
  readonly column: string | undefined;
  /** What was expected there, if the fault is that. */
  readonly expected: string | undefined;
  /** The fault in words: "expected a finite number, got NaN". */
  readonly fault: string;
  /** The option that would allow what was found, if there is one. */
  readonly option: "header" | undefined;

  /**
   * Builds the message from the details.
   * @param details where reading stopped, and why
   * @param options the underlying error, if any
   */
  constructor(details: DataErrorDetails, options?: ErrorOptions) {
    const fault = details.fault ?? faultOf(details);
    super(`Cannot read ${placeOf(details)}: ${fault}`, options);
    this.source = details.source;
    this.row = details.row;
    this.line = details.line;
    this.column = details.column;
    this.expected = details.expected;
    this.fault = fault;
    this.option = details.option;
  }
}

/** A value as it appears in a message: escaped, in double quotes, cut at 40 characters. */
export function quoteValue(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}

/** At most ten names for a message, so that a table of thousands of columns stays readable. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 10).map(quoteValue).join(", ");
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

function faultOf({ subject, expected, actual }: DataErrorDetails): string {
  const rule = subject === undefined ? `expected ${expected}` : `${subject} must be ${expected}`;
  const state = actual === undefined ? "" : `, got ${actual}`;
  return `${rule}${state}`;
}

function placeOf(details: DataErrorDetails): string {
  const column = details.column === undefined ? "" : `column ${quoteValue(details.column)}`;
  const line = details.line === undefined ? "" : `line ${details.line}`;
  let row = line;
  if (details.row !== undefined) row = `row ${details.row}${line && ` (${line})`}`;
  const file = details.source === undefined ? "" : fileName(details.source);
  return [file, row, column].filter(Boolean).join(", ");
}

/** The name of a source in a message. */
export function fileName(source: string): string {
  return source === "-" ? "standard input" : source;
}
