/**
 * The error about rows that a program passes: the fault, and where it is. A part of a longer list knows nothing of the
 * rest: whoever took it numbers the rows among all (`trained/renumber.ts`), or names their file
 * (`detection/model_table.ts`).
 */
import { show } from "./validate.ts";

/** Rows that cannot be used. */
export class RowError extends TypeError {
  /** What is wrong there, in words: "expected a finite number, got NaN". */
  declare readonly fault: string;
  /** The row, from 1; absent if a whole column is at fault. */
  declare readonly row?: number;
  /** The column's name, or its number, from 1, if it has none; absent if a whole row is at fault. */
  declare readonly column?: string | number;

  /**
   * Builds the message.
   * @param fault what is wrong there, in words
   * @param row from 1; undefined if a whole column is at fault
   * @param column its name or its number, from 1; undefined if a whole row is at fault
   */
  constructor(fault: string, row?: number, column?: string | number) {
    const name = column === undefined ? "" : `column ${show(column)}`;
    super(`Cannot read ${row ? `row ${row}${name && ", "}` : ""}${name}: ${fault}`);
    this.fault = fault;
    this.row = row;
    this.column = column;
  }
}
