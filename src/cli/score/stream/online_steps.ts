/**
 * The steps of a series as they arrive, with empty ones where the model's column of times says that some are missing,
 * as in a table that is laid out (`detection/series/clock.ts`). The first gap, and the first step back, are reported.
 * While most steps so far are further apart than those trained on, or time goes back at many, they count as they come.
 */
import { doTimesTell, MAX_LACKING, missingSteps } from "../../../detection/series/clock.ts";
import type { SeriesStream, StepVerdict } from "../../../scoring/series/series_stream.ts";
import type { TableScorer } from "../../../scoring/table_scorer.ts";
import { type Io, note } from "../../io.ts";

/** What is reported, once of all series. */
export type StepReport = "gap" | "back" | "other";

/** Before so many steps, times are taken to tell. */
const MIN_STEPS = 10;

export class OnlineSteps {
  readonly stream: SeriesStream;
  readonly #model: TableScorer;
  readonly #io: Io;
  readonly #missing: Float64Array;
  readonly #reported: Set<unknown>;
  readonly #counts = { steps: 0, missing: 0, apart: 0, backward: 0 };
  #seconds = NaN;

  /** @param reported what other series reported */
  constructor(stream: SeriesStream, model: TableScorer, reported: Set<unknown>, io: Io) {
    this.stream = stream;
    this.#model = model;
    this.#reported = reported;
    this.#io = io;
    this.#missing = new Float64Array(model.columns.length).fill(NaN);
  }

  /** @param seconds when the step is, NaN if that is not known @param row for the reports */
  push(cells: Float64Array, seconds: number, row: number): StepVerdict | undefined {
    const { table: { clock }, window = 0 } = this.#model, before = this.#seconds;
    const count = clock ? missingSteps(seconds - before, clock.spacing, window) : 0;
    this.#seconds = seconds;
    const back = seconds < before, counts = this.#counts;
    counts.steps++;
    counts.missing += count;
    counts.apart += Number(count > 0);
    counts.backward += Number(back);
    if (count > 0) {
      const isLaidOut = counts.steps < MIN_STEPS || doTimesTell(counts, MAX_LACKING);
      this.#report(isLaidOut ? (back ? "back" : "gap") : "other", count, row);
      for (let i = 0; isLaidOut && i < count; i++) this.stream.push(this.#missing);
    }
    return this.stream.push(cells);
  }

  #report(kind: StepReport, count: number, row: number): void {
    if (this.#reported.has(kind)) return;
    this.#reported.add(kind);
    const column = `column "${this.#model.table.clock!.column.name}"`;
    if (kind === "other") {
      const unlike = "the steps are not spaced or not in order as those trained on";
      note(this.#io, `${column}: ${unlike}; from row ${row} on they count as they come`);
      return;
    }
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
