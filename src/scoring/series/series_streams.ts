/**
 * Scores several series step by step as their steps arrive, mixed in any order: a stream for each, by its name.
 *
 * Memory is bounded by the number of series that are kept, by default as many as fit into `KEPT_BYTES`. Beyond it the
 * series whose last step is longest ago is forgotten, and starts with an empty window if it comes back.
 */
import { LruCache } from "../../trained/lru_cache.ts";
import type { SeriesStream } from "./series_stream.ts";
import type { TableScorer } from "../table_scorer.ts";
import type { Vote } from "./vote.ts";

/** How several series are scored. */
export interface StreamsOptions {
  /** Flags a step if enough of the latest ones stand out; default: each step by itself. */
  readonly vote?: Vote;
  /** How many series are kept at a time. */
  readonly maxSeries?: number;
}

/** Memory for the steps of all series, by default. */
const KEPT_BYTES = 1 << 28;

/** What a stream and its name take besides steps, about. */
const OWN_BYTES = 1024;

/** How many series are kept if nothing is said: two windows of each, and its votes, fit into `KEPT_BYTES`. */
export function seriesThatFit(
  { window = 1, columns: { length } }: Pick<TableScorer, "window" | "columns">,
  vote?: Vote,
): number {
  const bytes = OWN_BYTES + 2 * window * length * Float64Array.BYTES_PER_ELEMENT + (vote?.of ?? 0);
  return Math.max(1, Math.floor(KEPT_BYTES / bytes));
}

/** The streams of several series. */
export class SeriesStreams {
  readonly #open: () => SeriesStream;
  readonly #kept: LruCache<{ readonly stream: SeriesStream; dispose(): void }>;
  #forgotten = 0;

  /** Usually called through `Detector.streams`. @param most series that are kept */
  constructor(open: () => SeriesStream, most: number) {
    this.#open = open;
    this.#kept = new LruCache(most);
  }

  /** The stream of a series, which is opened if it has none. Ask for it at each step: it may have been forgotten. */
  of(series: string): SeriesStream {
    const dispose = () => void this.#forgotten++;
    return this.#kept.get(series, () => ({ stream: this.#open(), dispose })).stream;
  }

  /** How often a series was forgotten to make room for another. */
  get forgotten(): number {
    return this.#forgotten;
  }
}
