/**
 * Tests whether a series is still like the one that a model was fitted to: the tests of a table (`drift.ts`), for steps
 * that depend on each other.
 *
 *   columns  steps count for as few independent ones as they tell as much as (`block_shares.ts`), in training too
 *   scores   those of the windows that end with each step, counted in the same way; at least a window is one
 *   stream   one score of as many steps as tell as much as one, against as many calibration scores
 *
 * Limits: nothing is guaranteed. How long steps hang together is measured on the new ones, and what lasts longer than
 * an eighth of them cannot be: a stretch within one state of a process that stays in its states for weeks has changed,
 * as far as it shows (docs/adr/0087-drift-of-a-series.md has rates).
 */
import { type Calibration, roundUp } from "../../scoring/decisions/calibration.ts";
import type { SeriesStream } from "../../scoring/series/series_stream.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { BlockShares, MIN_BLOCKS } from "./block_shares.ts";
import { type ColumnDrift, ColumnTest } from "./column_drift.ts";
import {
  type DriftOptions,
  type DriftReference,
  type DriftReport,
  driftReport,
  levelOf,
  requireRate,
  scoreDrift,
} from "./drift_report.ts";
import type { StepOrder } from "../series/by_series.ts";
import { MedianSample } from "./median_sample.ts";
import { DriftMonitor } from "./monitor.ts";
import { PointCounter } from "../../core/probability/point_counts.ts";

/** Points at which the distribution of scores is compared in blocks. */
const SCORE_POINTS = 21;

/** What a model of a series says about its training; `calibration` is that of single windows. */
export interface SeriesReference extends DriftReference {
  readonly window: number;
}

/** The tests of a series that arrives in parts. */
export class SeriesDriftTest {
  readonly #reference: SeriesReference;
  readonly #openStream: () => Pick<SeriesStream, "push">;
  #stream: Pick<SeriesStream, "push">;
  /** Steps since the last break. */
  #following = 0;
  readonly #options: DriftOptions;
  readonly #rate: number;
  readonly #columns: readonly { readonly test: ColumnTest; readonly blocks: BlockShares }[];
  readonly #scores: { readonly counter: PointCounter; readonly blocks: BlockShares };
  /** The score of every window that begins where another ends, and the number of the row with which it ends. */
  readonly #apart: { readonly score: number; readonly row: number }[] = [];
  readonly #medians: MedianSample;
  #rows = 0;

  /** Starts without steps. @throws TypeError or RangeError for options that cannot be used */
  constructor(
    reference: SeriesReference,
    openStream: () => Pick<SeriesStream, "push">,
    options: DriftOptions = {},
  ) {
    const { schema, calibration, sketch, window } = reference;
    this.#reference = reference;
    this.#openStream = openStream;
    this.#stream = openStream();
    this.#options = options;
    this.#rate = requireRate(options);
    new DriftMonitor(calibration, options); // refuses its options before anything is read
    this.#columns = !sketch ? [] : schema.map((column, c) => {
      const test = new ColumnTest(column, c, sketch);
      return { test, blocks: new BlockShares(test.points, window) };
    });
    const { scores } = calibration, points = thinned(scores, SCORE_POINTS);
    this.#scores = {
      counter: new PointCounter(scores),
      blocks: new BlockShares(points, window),
    };
    this.#medians = new MedianSample(this.#columns.length, options);
  }

  /** Number of steps so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Takes the next steps. @param order if some are missing between them, or they were in another order */
  add(cells: Cells, order?: StepOrder): void {
    const { data, rows } = cells, width = data.length / rows, { window } = this.#reference;
    const scores = new Float64Array(rows).fill(NaN);
    for (let r = 0; r < rows; r++) {
      const step = data.subarray(r * width, (r + 1) * width);
      if (order && r > 0 && order.places[r] - order.places[r - 1] > 1) this.#break();
      this.#columns.forEach(({ test, blocks }, c) => blocks.add(test.add(step[c])));
      this.#rows++;
      this.#following++;
      const verdict = this.#stream.push(step);
      if (!verdict) continue;
      const score = scores[r] = roundUp(verdict.score);
      this.#scores.counter.add(score);
      this.#scores.blocks.add(score);
      if (this.#following % window === 0) {
        this.#apart.push({ score, row: order ? order.rows[r] + 1 : this.#rows });
      }
    }
    this.#medians.add(cells, scores);
  }

  /** No window looks across missing steps, or from one series to the next. */
  #break(): void {
    this.#stream = this.#openStream();
    this.#following = 0;
  }

  /** The result for all steps so far; none can be added later. @throws RangeError if there are too few */
  report(): DriftReport {
    const { window } = this.#reference, rows = this.#rows;
    const least = (MIN_BLOCKS + 1) * window;
    if (rows < least) {
      throw new RangeError(
        `Cannot look for drift: needs at least ${least} rows, ${
          MIN_BLOCKS + 1
        } windows, got ${rows}`,
      );
    }
    const { medians, drawn } = this.#medians.finish(), level = levelOf(this.#rate, this.#columns);
    const columns = this.#columns.map(({ test, blocks }, c): ColumnDrift => {
      const { stepsAsOne, gapsAsOne } = blocks;
      const drift = test.drift(medians[c], level, stepsAsOne, gapsAsOne);
      // Of a clock only missing cells are compared: how its times follow each other means nothing.
      return drift.clock ? drift : { ...drift, stepsAsOne };
    });
    const asOne = Math.max(window, this.#scores.blocks.stepsAsOne);
    const scores = this.#scoreDrift(asOne, medians[columns.length], level);
    return driftReport(
      { rows, drawn, columns, scores, stream: this.#streamDrift(asOne) },
      this.#rate,
    );
  }

  #scoreDrift(asOne: number, median: number, level: number): DriftReport["scores"] {
    const { scores: known } = this.#reference.calibration, { counts } = this.#scores.counter;
    const sizes = [this.#knownAsOne(asOne), counts.total / asOne] as const;
    return { ...scoreDrift(known, counts, sizes, median, level), stepsAsOne: asOne };
  }

  /** Independent scores that those of the calibration tell as much as; of many windows it holds some, evenly spaced. */
  #knownAsOne(asOne: number): number {
    const { calibration: { scores }, sketch } = this.#reference;
    return Math.min(scores.length, Math.max(scores.length, sketch?.rows ?? 0) / asOne);
  }

  #streamDrift(asOne: number): DriftReport["stream"] {
    const { calibration: { scores }, window } = this.#reference;
    const stride = Math.ceil(asOne / window), steps = stride * window;
    const known = Math.max(1, Math.round(this.#knownAsOne(steps)));
    const { runLength: rows } = new DriftMonitor({ scores }, this.#options);
    const monitor = new DriftMonitor(
      { scores: thinned(scores, known) },
      { ...this.#options, runLength: Math.max(1, rows / steps) },
    );
    let largest = 0;
    for (let i = 0; i < this.#apart.length && !monitor.alarm; i += stride) {
      largest = Math.max(largest, monitor.observe(this.#apart[i].score));
    }
    const { row: alarmAt } = this.#apart[(monitor.rows - 1) * stride] ?? {};
    return { runLength: rows, largest: largest * steps, ...(monitor.alarm && { alarmAt }) };
  }
}

/** Some of ascending values, evenly spaced, as a sample of their distribution. */
function thinned(values: Calibration["scores"], count: number): Float64Array {
  return Float64Array.from(
    { length: count },
    (_, i) => values[Math.floor((i + 0.5) * values.length / count)],
  );
}
