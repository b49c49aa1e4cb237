/** The samples of every cell, run by run, until they are reduced. */
import { type Cell, median, type Samples, summarise, summariseRun } from "./statistics.ts";
import { duration } from "./units.ts";

/** A run whose probe is below this share of the best says more of the machine than of the code. */
const QUIET_SHARE = 0.93;

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

  /** The cells all of whose runs met a slow machine, beside the quickest that any cell met. */
  disturbed(): At[] {
    const cells = [...this.#cells.values()];
    const rates = cells.map(({ runs }) => Math.max(...runs.map(({ probes }) => median(probes))));
    const least = QUIET_SHARE * Math.max(...rates);
    return cells.filter((_, i) => rates[i] < least).map(({ at }) => at);
  }

  /** The medians of the last run of some cells, to be looked at while it goes on. */
  latest(has: (at: At) => boolean): string {
    return [...this.#cells.values()]
      .filter(({ at }) => has(at))
      .map(({ runs }) => duration(summariseRun(runs.at(-1)!).p50))
      .join(", ");
  }
}
