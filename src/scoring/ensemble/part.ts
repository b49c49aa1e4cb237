/**
 * The scorer of one view of an ensemble: writes its rows to the program's memory, computes the surprisals of their
 * statistics, and what each feature adds to them.
 *
 * It handles one statistic at a time over all rows of a batch, so that each inner loop does one thing.
 */
import type { Live, SyncProgram } from "../../backends/backend.ts";
import { type Curve, CurveReader } from "../views/curve.ts";
import { Projector, type RowCells } from "../views/projector.ts";
import type { View } from "../views/view.ts";
import { LEAST_NATS, LevelOdds } from "./level_odds.ts";
import { imputeFromNearest, imputeRow } from "./impute.ts";
import type { PartOutput, PartSpec } from "./members.ts";
import { type CandidateRows, NeighbourStatistic, type References } from "./neighbours.ts";
import { outputsFor, type StatisticName } from "./statistics.ts";
import { surprisalAt } from "./surprisal.ts";

/** One view of a fitted ensemble. */
export interface Part {
  readonly spec: PartSpec;
  readonly view: View;
  readonly references: References;
  /** The surprisal curve of each statistic. */
  readonly surprisals: Readonly<Record<StatisticName, Curve>>;
}

type Values = Float32Array | Float64Array;

/** What a part scorer needs besides its part. */
export interface PartOptions {
  /** Columns of the table. */
  readonly columns: number;
  readonly statistics: readonly StatisticName[];
  readonly program: SyncProgram;
  /** Weight of the linear residuals, `[F, F]`, used for imputation. */
  readonly weight: Float32Array;
}

/** A view's part of a batch: as many rows as the program takes at once. */
export class PartScorer {
  readonly #statistics: readonly StatisticName[];
  readonly #curves: readonly CurveReader[];
  readonly #projector: Projector;
  readonly #x: Live;
  readonly #outputs: ReadonlyMap<PartOutput, Live>;
  readonly #observed: Uint8Array;
  /** Number of observed features, per row. */
  readonly #counts: Int32Array;
  /** Whether all features of all rows are observed. */
  #isWhole = true;
  /** Whether rows are measured as whole rows. */
  #isImputed = true;
  readonly #nearest: NeighbourStatistic;
  readonly #references: References;
  readonly #odds: LevelOdds;
  /** The column of each feature. */
  readonly #owner: Int32Array;
  /** One statistic, for all rows. */
  readonly #statistic: Float64Array;
  readonly #share: Float64Array;
  readonly #weight: Float32Array;
  #input: Values = new Float32Array();
  #values: { [Name in PartOutput]?: Values } = {};
  #candidates: CandidateRows = { candidates: new Float32Array(), x: new Float32Array() };

  constructor(part: Part, { columns, statistics, program, weight }: PartOptions) {
    const { capacity } = program.plan, { name, features } = part.view;
    this.#weight = weight;
    this.#statistics = statistics;
    this.#curves = statistics.map((each) => new CurveReader(part.surprisals[each]));
    this.#projector = new Projector(part.view, columns);
    this.#x = program.live(`x.${name}`);
    this.#outputs = new Map(
      [...outputsFor(statistics)].map((output) => [output, program.live(`${output}.${name}`)]),
    );
    this.#observed = new Uint8Array(capacity * features.length);
    this.#counts = new Int32Array(capacity);
    this.#nearest = new NeighbourStatistic(part.references, capacity);
    this.#references = part.references;
    this.#odds = new LevelOdds(features, weight);
    this.#owner = Int32Array.from(features, ({ column }) => column);
    this.#statistic = new Float64Array(capacity);
    this.#share = new Float64Array(features.length);
  }

  /** Writes rows to the program's input, before it runs. */
  write(rows: RowCells): void {
    this.#input = this.#x.elements;
    this.#isWhole = this.#projector.write(rows, this.#input, this.#observed);
    this.#isImputed = this.#isWhole;
    const width = this.#share.length, observed = this.#observed;
    for (let slot = 0; slot < rows.rows && !this.#isWhole; slot++) {
      const first = slot * width;
      let count = 0;
      for (let f = 0; f < width; f++) count += observed[first + f];
      this.#counts[slot] = count;
      if (count < width) imputeRow(this.#input, observed, first, width, this.#weight);
    }
  }

  /** Whether all features of the rows written last are observed. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /**
   * Completes rows with the residuals of the nearest reference, before a second run that measures them as whole rows.
   * @param rowMask 1 for each row to complete
   */
  imputeFromNearest(rowMask: Uint8Array): void {
    this.#isImputed = true;
    const width = this.#share.length;
    for (let slot = 0; slot < rowMask.length; slot++) {
      if (rowMask[slot] === 0) continue;
      imputeFromNearest(this.#input, this.#observed, slot * width, this.#references, this.#weight);
    }
  }

  /** Takes the program's results, after it has run. */
  read(): void {
    for (const [name, live] of this.#outputs) this.#values[name] = live.elements;
    const { nearest: places } = this.#values,
      observed = this.#isImputed ? undefined : this.#observed;
    const current = this.#candidates;
    if (!places || (current.candidates === places && current.observed === observed)) return;
    this.#candidates = { candidates: places, x: this.#input, observed };
  }

  /**
   * Writes the surprisal of each statistic of the first rows to `out`, in nats, those of a row side by side.
   * @param at index in `out` of row 0
   * @param step distance from row to row
   */
  surprisals(rows: number, out: Float64Array, at: number, step: number): void {
    const values = this.#statistic;
    this.#statistics.forEach((name, s) => {
      this.#measure(name, rows);
      writeSurprisals(this.#curves[s], values, rows, out, at + s, step);
    });
  }

  /**
   * t(x) of row `slot`, see `neighbours.ts`.
   * @param ownReference the reference that is this row itself, or -1
   */
  neighbours(slot: number, ownReference = -1): number {
    return this.#nearest.compute(this.#candidates, slot, ownReference);
  }

  /** Distributes `nats` over the columns of a row, at `at` in `raw`, by each feature's share in a statistic. */
  blame(name: StatisticName, slot: number, nats: number, raw: Float64Array, at: number): void {
    const share = this.#share, width = share.length, owner = this.#owner;
    // See `statistics.ts`.
    const sum = this.#writeShares(name === "level" ? "linear" : name, slot);
    // Sums of squares of float32 numbers are 0 or not tiny, so the quotient stays within float64.
    const scale = sum > 0 ? nats / sum : 0, each = sum > 0 ? 0 : nats / width;
    for (let f = 0; f < width; f++) raw[at + owner[f]] += scale * share[f] + each;
  }

  /** Computes a statistic of the first rows. */
  #measure(name: StatisticName, rows: number): void {
    const values = this.#statistic, width = this.#share.length;
    if (name === "neighbours") {
      for (let slot = 0; slot < rows; slot++) values[slot] = this.neighbours(slot);
    } else if (name === "level") {
      for (let slot = 0; slot < rows; slot++) {
        values[slot] = LEAST_NATS + this.#writeShares(name, slot);
      }
    } else if (name === "kl") {
      const kl = this.#values.kl!;
      for (let slot = 0; slot < rows; slot++) values[slot] = kl[slot];
    } else {
      const addends = this.#addends(name);
      if (name === "residual") sumRows(addends, rows, width, values);
      else sumSquares(addends, rows, width, values);
      if (!this.#isImputed) this.#correct(name, rows);
    }
  }

  /** Recomputes the sum of incomplete rows over their observed features, scaled up to all features. */
  #correct(name: StatisticName, rows: number): void {
    const width = this.#share.length;
    for (let slot = 0; slot < rows; slot++) {
      const count = this.#counts[slot];
      if (count === width) continue;
      this.#statistic[slot] = this.#writeShares(name, slot) * width / Math.max(1, count);
    }
  }

  /** Writes what each feature adds to a statistic of row `slot` to `#share`, 0 if it is missing. @returns the sum */
  #writeShares(name: StatisticName, slot: number): number {
    const share = this.#share, width = share.length, first = slot * width;
    if (name === "neighbours") this.#nearest.share(this.#candidates, slot, share);
    else if (name === "level") this.#odds.write(this.#input, this.#values.linear!, first, share);
    else {
      const addends = this.#addends(name === "kl" ? "norm" : name);
      for (let f = 0; f < width; f++) {
        const value = addends[first + f];
        share[f] = name === "residual" ? value : value * value;
      }
    }
    let sum = 0;
    for (let f = 0; f < width; f++) {
      if (!this.#isWhole && this.#observed[first + f] === 0) share[f] = 0;
      sum += share[f];
    }
    return sum;
  }

  /** The values that a statistic sums, directly or squared. */
  #addends(name: "residual" | "linear" | "norm"): Values {
    return name === "norm" ? this.#input : this.#values[name]!;
  }
}

function writeSurprisals(
  curve: CurveReader,
  values: Float64Array,
  rows: number,
  out: Float64Array,
  at: number,
  step: number,
): void {
  for (let slot = 0; slot < rows; slot++, at += step) out[at] = surprisalAt(curve, values[slot]);
}

function sumRows(x: Values, rows: number, width: number, out: Float64Array): void {
  for (let slot = 0, i = 0; slot < rows; slot++) {
    let sum = 0;
    for (const end = i + width; i < end; i++) sum += x[i];
    out[slot] = sum;
  }
}

function sumSquares(x: Values, rows: number, width: number, out: Float64Array): void {
  for (let slot = 0, i = 0; slot < rows; slot++) {
    let sum = 0;
    for (const end = i + width; i < end; i++) sum += x[i] * x[i];
    out[slot] = sum;
  }
}
