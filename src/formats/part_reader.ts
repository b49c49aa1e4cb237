/** What reads a table in parts, so that nobody need hold all of it. */
import type { Table } from "./table.ts";

/** `push` and `take` in turns, then `end`, `take` the rest, and `joined`. */
export interface PartReader<Piece = Uint8Array> {
  /** Takes the next piece; pieces may end anywhere. */
  push(piece: Piece): void;
  /** Ends the input. @throws DataError if it held no row */
  end(): void;
  /** The rows since the last call, if there are any: they are not kept. Its lines are those of all rows. */
  take(): Table | undefined;
  /** What is made of the parts, or of some rows of each, once they are one table. */
  joined(table: Table): Table;
}
