/**
 * The steps of a series as they arrive, with empty ones where the model's column of times says that some are missing,
 * as in a table that is laid out (`detection/series/clock.ts`). The first gap, and the first step back, are reported.
 */
import { missingSteps } from "../../../detection/series/clock.ts";
import type { SeriesStream, StepVerdict } from "../../../scoring/series/series_stream.ts";
import type { TableScorer } from "../../../scoring/table_scorer.ts";
import { type Io, note } from "../../io.ts";

export class OnlineSteps {
  readonly stream: SeriesStream;
  readonly #model: TableScorer;
  readonly #io: Io;
  readonly #missing: Float64Array;
  readonly #reported = new Set<"gap" | "back">();
  #seconds = NaN;

  constructor(stream: SeriesStream, model: TableScorer, io: Io) {
    this.stream = stream;
    this.#model = model;
    this.#io = io;
    this.#missing = new Float64Array(model.columns.length).fill(NaN);
  }

  /** @param seconds when the step is, NaN if that is not known @param row for the reports */
  push(cells: Float64Array, seconds: number, row: number): StepVerdict | undefined {
    const { table: { clock }, window = 0 } = this.#model, before = this.#seconds;
    const count = clock ? missingSteps(seconds - before, clock.spacing, window) : 0;
    if (count > 0) this.#report(seconds < before ? "back" : "gap", count, row);
    for (let i = 0; i < count; i++) this.stream.push(this.#missing);
    this.#seconds = seconds;
    return this.stream.push(cells);
  }

  #report(kind: "gap" | "back", count: number, row: number): void {
    if (this.#reported.has(kind)) return;
    this.#reported.add(kind);
    const column = `column "${this.#model.table.clock!.column.name}"`;
    note(
      this.#io,
      kind === "back"
        ? `${column} goes back at row ${row}: rows from there on count as another series`
        : `${column} leaves a gap before row ${row}: ${
          count < this.#model.window! ? `${count} ` : ""
        }missing steps count as empty`,
    );
  }
}
