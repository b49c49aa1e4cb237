/**
 * What is said of the keys of JSON lines: those that the model does not know, of the first rows before any is written, of
 * later ones at the end; and the columns that no row had.
 */
import type { BlockKeys } from "../../formats/row_reader.ts";
import { sayLacking, sayLeftOut } from "../files/data.ts";
import type { Io } from "../io.ts";

/** Takes the keys of the blocks of a file, in their order. */
export class KeyNotes {
  readonly #io: Io;
  readonly #said = new Set<string>();
  readonly #later = new Set<string>();
  #lacking: readonly string[] | undefined;

  constructor(io: Io) {
    this.#io = io;
  }

  take({ unknown, lacking }: BlockKeys): void {
    if (this.#lacking === undefined) {
      sayLeftOut(unknown, this.#io);
      for (const name of unknown) this.#said.add(name);
    } else for (const name of unknown) if (!this.#said.has(name)) this.#later.add(name);
    this.#lacking = this.#lacking?.filter((name) => lacking.includes(name)) ?? lacking;
  }

  finish(): void {
    sayLeftOut([...this.#later], this.#io);
    sayLacking(this.#lacking ?? [], this.#io);
  }
}
