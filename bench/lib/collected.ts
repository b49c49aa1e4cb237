/** The samples of every cell, run by run, until they are summarised. */
import { bestOf, isQuiet } from "./probe.ts";
import {
  type Cell,
  median,
  type Rates,
  type Samples,
  summarise,
  summariseRun,
} from "./statistics.ts";
import { duration } from "./units.ts";

/** A run is quiet if this share of its windows is, by the probes; a tenth of them determines its figure. */
const QUIET_WINDOWS = 0.25;

/** Cells by a flat record that identifies them: its fields are places in the tables. */
export class Collected<At extends object> {
  readonly #cells = new Map<string, { at: At; runs: Samples[] }>();
  readonly #hostOf: (at: At) => string;

  /** @param hostOf the host of a cell, if probes differ between hosts */
  constructor(hostOf: (at: At) => string = () => "") {
    this.#hostOf = hostOf;
  }

  add(at: At, samples: Samples): void {
    const key = JSON.stringify(at);
    const cell = this.#cells.get(key) ?? { at, runs: [] };
    this.#cells.set(key, cell);
    cell.runs.push(samples);
  }

  cells(): (At & Cell)[] {
    return [...this.#cells.values()].map(({ at, runs }) => ({ ...at, ...summarise(runs) }));
  }

  /** The cells whose runs all met a slow machine, compared with the fastest that any cell of the host met. */
  disturbed(): At[] {
    const best = new Map<string, Rates>();
    for (const { at, runs } of this.#cells.values()) {
      const host = this.#hostOf(at), met = runs.map(medianRates);
      best.set(host, bestOf([best.get(host) ?? [0, 0], ...met]));
    }
    const isDisturbed = (at: At, { probes }: Samples) => {
      const quiet = probes.filter((rates) => isQuiet(rates, best.get(this.#hostOf(at))!));
      return quiet.length < QUIET_WINDOWS * probes.length;
    };
    return [...this.#cells.values()]
      .filter(({ at, runs }) => runs.every((run) => isDisturbed(at, run)))
      .map(({ at }) => at);
  }

  /** The medians of the last run of some cells, to watch progress. */
  latest(has: (at: At) => boolean): string {
    return [...this.#cells.values()]
      .filter(({ at }) => has(at))
      .map(({ runs }) => duration(summariseRun(runs.at(-1)!).p50))
      .join(", ");
  }
}

function medianRates({ probes }: Samples): Rates {
  return [median(probes.map(([registers]) => registers)), median(probes.map(([, loads]) => loads))];
}
