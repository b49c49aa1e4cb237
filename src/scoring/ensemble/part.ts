/**
 * One view of an ensemble at work: where its rows lie in the program's memory, its statistics row by row,
 * and what each feature adds to them.
 */
import type { Live, SyncProgram } from "../../backends/backend.ts";
import type { Curve } from "../views/curve.ts";
import { projectRow, type View } from "../views/view.ts";
import { imputeRow } from "./impute.ts";
import type { PartOutput, PartSpec } from "./members.ts";
import { Nearest, type References } from "./neighbours.ts";
import { outputsFor, type StatisticName } from "./statistics.ts";
import { surprisalAt } from "./surprisal.ts";

/** What one view has. */
export interface Part {
  readonly spec: PartSpec;
  readonly view: View;
  readonly references: References;
  /** How surprising each statistic is. */
  readonly surprisals: Readonly<Record<StatisticName, Curve>>;
}

type Values = Float32Array | Float64Array;

/** Rows in flight: as many as the program takes at once. */
export class PartScorer {
  readonly #part: Part;
  readonly #statistics: readonly StatisticName[];
  readonly #x: Live;
  readonly #outputs: ReadonlyMap<PartOutput, Live>;
  readonly #observed: Uint8Array;
  readonly #row: Uint8Array;
  readonly #counts: Int32Array;
  readonly #nearest: Nearest;
  readonly #share: Float64Array;
  readonly #weight: Float32Array;
  #input: Values = new Float32Array();
  #values: { [Name in PartOutput]?: Values } = {};

  /** @param weight of the linear residuals, `[F, F]`: what is missing is what it expects */
  constructor(
    part: Part,
    statistics: readonly StatisticName[],
    program: SyncProgram,
    weight: Float32Array,
  ) {
    const { capacity } = program.plan, { name, features } = part.view;
    this.#part = part;
    this.#weight = weight;
    this.#statistics = statistics;
    this.#x = program.live(`x.${name}`);
    this.#outputs = new Map(
      [...outputsFor(statistics)].map((output) => [output, program.live(`${output}.${name}`)]),
    );
    this.#observed = new Uint8Array(capacity * features.length);
    this.#row = new Uint8Array(features.length);
    this.#counts = new Int32Array(capacity);
    this.#nearest = new Nearest(part.references);
    this.#share = new Float64Array(features.length);
  }

  /** Before rows are written: memory may have moved since. */
  open(): void {
    this.#input = this.#x.elements;
  }

  /** Writes the cells from `at` as row `slot` of the batch. */
  write(cells: ArrayLike<number>, at: number, slot: number): void {
    const { view } = this.#part, to = slot * view.features.length;
    const count = projectRow(view, cells, at, this.#input, this.#observed, to);
    this.#counts[slot] = count;
    const width = view.features.length;
    if (count < width) imputeRow(this.#input, this.#observed, to, width, this.#weight);
  }

  /** After the program has run. */
  read(): void {
    for (const [name, live] of this.#outputs) this.#values[name] = live.elements;
  }

  /**
   * Writes the surprisal of each statistic of row `slot` to `out`, from `to` on, nats.
   */
  surprisals(slot: number, out: Float64Array, to: number): void {
    for (let s = 0; s < this.#statistics.length; s++) {
      const name = this.#statistics[s];
      out[to + s] = surprisalAt(this.#part.surprisals[name], this.statistic(name, slot));
    }
  }

  /**
   * A statistic of row `slot`.
   * @param own the reference that is this row itself, or -1
   */
  statistic(name: StatisticName, slot: number, own = -1): number {
    const width = this.#share.length, first = slot * width;
    if (name === "neighbours") {
      const count = this.#part.spec.references;
      for (let f = 0; f < width; f++) this.#row[f] = this.#observed[first + f];
      return this.#nearest.find(
        this.#values.distance!,
        slot * count,
        this.#input,
        first,
        this.#row,
        own,
      );
    }
    if (name === "kl") return this.#values.kl![slot];
    let sum = 0;
    for (let f = 0; f < width; f++) sum += this.#addend(name, first + f);
    // What is not there is taken to be like what is.
    return sum * width / Math.max(1, this.#counts[slot]);
  }

  /**
   * Adds `nats` to the columns of `raw`, by what each feature has to do with a statistic of row `slot`:
   * the last whose statistics were asked for.
   */
  blame(name: StatisticName, slot: number, nats: number, raw: Float64Array): void {
    const share = this.#share, width = share.length, first = slot * width;
    if (name === "neighbours") {
      this.#nearest.share(this.#input, first, this.#row, share);
    } else {
      const of = name === "kl" ? "norm" : name;
      for (let f = 0; f < width; f++) share[f] = this.#addend(of, first + f);
    }
    let sum = 0;
    for (let f = 0; f < width; f++) sum += share[f];
    const { features } = this.#part.view;
    for (let f = 0; f < width; f++) {
      raw[features[f].column] += sum > 0 ? nats * share[f] / sum : nats / width;
    }
  }

  #addend(name: StatisticName, i: number): number {
    if (this.#observed[i] === 0) return 0;
    if (name === "residual") return this.#values.residual![i];
    const value = name === "linear" ? this.#values.linear![i] : this.#input[i];
    return value * value;
  }
}
