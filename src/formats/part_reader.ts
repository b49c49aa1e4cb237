/** Reads a table in parts, so that nothing needs to hold all of it. */
import type { Table } from "./table.ts";

/** Alternate `push` and `take`; then call `end`, `take` the rest, and call `joined`. */
export interface PartReader<Piece = Uint8Array> {
  /** Takes the next piece; pieces may end anywhere. */
  push(piece: Piece): void;
  /** Ends the input. @throws DataError if it held no row */
  end(): void;
  /** The rows since the last call, if any; they are not kept. `lines` covers all rows. */
  take(): Table | undefined;
  /** Completes the table made of the parts, or of some rows of each. */
  joined(table: Table): Table;
}
