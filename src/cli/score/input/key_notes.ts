/**
 * Notes on the keys of JSON lines. Unknown keys in the first rows are reported before any row is written, later ones at
 * the end, together with the columns that no row had.
 */
import type { BlockKeys } from "../../../formats/row_reader.ts";
import { warnIgnoredColumns, warnMissingColumns } from "../../files/data.ts";
import type { Io } from "../../io.ts";

/** Collects the keys of a file's blocks, in order. */
export class KeyNotes {
  readonly #io: Io;
  readonly #reported = new Set<string>();
  readonly #later = new Set<string>();
  #lacking: readonly string[] | undefined;

  constructor(io: Io) {
    this.#io = io;
  }

  add({ unknown, lacking }: BlockKeys): void {
    if (this.#lacking === undefined) {
      warnIgnoredColumns(unknown, this.#io);
      for (const name of unknown) this.#reported.add(name);
    } else for (const name of unknown) if (!this.#reported.has(name)) this.#later.add(name);
    this.#lacking = this.#lacking?.filter((name) => lacking.includes(name)) ?? lacking;
  }

  finish(): void {
    warnIgnoredColumns([...this.#later], this.#io);
    warnMissingColumns(this.#lacking ?? [], this.#io);
  }
}
