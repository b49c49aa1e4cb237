/** The samples of every cell, run by run, until they are reduced. */
import { type Cell, type Samples, summarise, summariseRun } from "./statistics.ts";
import { duration } from "./units.ts";

/** Cells by what they are of: a flat record, whose fields name a place in the tables. */
export class Collected<At extends object> {
  readonly #cells = new Map<string, { at: At; runs: Samples[] }>();

  add(at: At, samples: Samples): void {
    const key = JSON.stringify(at);
    const cell = this.#cells.get(key) ?? { at, runs: [] };
    this.#cells.set(key, cell);
    cell.runs.push(samples);
  }

  cells(): (At & Cell)[] {
    return [...this.#cells.values()].map(({ at, runs }) => ({ ...at, ...summarise(runs) }));
  }

  /** The medians of the last run of some cells, to be looked at while it goes on. */
  latest(has: (at: At) => boolean): string {
    return [...this.#cells.values()]
      .filter(({ at }) => has(at))
      .map(({ runs }) => duration(summariseRun(runs.at(-1)!).p50))
      .join(", ");
  }
}
