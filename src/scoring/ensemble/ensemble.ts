/**
 * The score of the default detector: several statistics of a row in several views, each as a surprisal in nats
 * (`surprisal.ts`), combined from the three largest. One statistic that sees an anomaly is enough, others that
 * agree raise the score, and statistics that see nothing do not dilute it.
 *
 *   row → views → one program (`members.ts`) → statistics → surprisals s → score = ½ s₍₁₎ + ¼ s₍₂₎ + ¼ s₍₃₎
 *
 * Each of the three statistics distributes a third of the score over the columns, so contributions sum to the score,
 * and a column that several find strange stands out from one that a single statistic blames by mistake. Missing cells
 * are imputed by the regression, as in the rows that the surprisals were fitted on. If a row lacks more cells than
 * those rows did, it is also completed as a whole row (`impute.ts`), and the lower of the two scores counts.
 */
import type { Segment, SyncProgram, WeightFormat } from "../../backends/backend.ts";
import { type Layout, layOut } from "../../graph/layout.ts";
import type { Machine } from "../../trained/engine.ts";
import { requireFiniteScore } from "../../trained/finite.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Cells } from "../table/cells.ts";
import { project, type RowCells } from "../views/projector.ts";
import type { ViewName } from "../views/view.ts";
import { imputeRow } from "./impute.ts";
import { type StatisticsGraph, statisticsGraph } from "./members.ts";
import { type Part, PartScorer } from "./part.ts";
import { outputsFor, type StatisticName } from "./statistics.ts";

/** A fitted ensemble. */
export interface EnsembleModel {
  /** Columns of the user's table. */
  readonly columns: number;
  readonly statistics: readonly StatisticName[];
  readonly parts: readonly Part[];
  /** Missing cells up to which a row is like those that surprisals were fitted on: `detection/ensemble/max_gaps.ts`. */
  readonly gaps: number;
  /** Parameters of the program, by name. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

/** Rows per run. Weights are packed for this batch size, and intermediate results stay in the processor's caches. */
export const BATCH_ROWS = 64;

/** Weights of the largest surprisals, in descending order. If there are only one or two, they count alike. */
export function rankWeights(surprisals: number): readonly number[] {
  return surprisals === 1 ? [1] : surprisals === 2 ? [0.5, 0.5] : [0.5, 0.25, 0.25];
}

export class Ensemble {
  readonly model: EnsembleModel;
  readonly #machine: Machine;
  readonly #graph: StatisticsGraph;
  readonly #layout: Layout;
  readonly #segment: Segment;
  /** The score of a single row. */
  readonly #score = new Float64Array(1);
  #single?: Batch;
  #batch?: Batch;

  /** @param machine the machine of the VAE, or another; the ensemble does not dispose of it */
  constructor(model: EnsembleModel, machine: Machine) {
    this.model = model;
    this.#machine = machine;
    const specs = model.parts.map(({ spec }) => spec);
    this.#graph = statisticsGraph(specs, outputsFor(model.statistics));
    const { parameters } = this.#graph;
    this.#layout = layOut("parameters", parameters);
    this.#segment = machine.backend.allocate(this.#layout.length);
    for (const { name } of parameters) {
      const values = model.parameters.get(name)!;
      this.#segment.write(this.#layout.places.get(name)!.offset, values);
    }
  }

  /**
   * Scores rows, with their raw contributions `[rows, columns]`, which sum to the score.
   * @throws RangeError naming a row whose score is not finite
   */
  scoreCells(cells: Cells): { scores: Float64Array; raw: Float64Array } {
    const width = this.model.columns, { rows, data } = cells;
    const scores = new Float64Array(rows), raw = new Float64Array(rows * width);
    const batch = this.batch();
    for (let first = 0; first < rows; first += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, rows - first);
      batch.run({ cells: data, at: first * width, rows: count });
      batch.score(count, scores, raw, first);
      for (let r = first; r < first + count; r++) requireFiniteScore(scores[r], r + 1);
    }
    return { scores, raw };
  }

  /** Scores one row without allocating, and writes its contributions to `raw`. */
  scoreRow(row: ArrayLike<number>, raw: Float64Array): number {
    this.#single ??= this.#compile(1, this.#machine.weights);
    raw.fill(0);
    this.#single.run({ cells: row, at: 0, rows: 1 });
    this.#single.score(1, this.#score, raw, 0);
    return requireFiniteScore(this.#score[0]);
  }

  /** Projects rows to the first view, the input of its networks. */
  firstView(cells: Cells): Matrix {
    const [{ view }] = this.model.parts;
    const { x, observed } = project(view, cells, this.model.columns);
    const [rows, features] = x.shape;
    if (!observed.includes(0)) return x;
    const weight = linearWeight(this.model, view.name);
    for (let r = 0; r < rows; r++) imputeRow(x.data, observed, r * features, features, weight);
    return x;
  }

  /**
   * A batch of `BATCH_ROWS` rows, for fitting.
   * @internal
   */
  batch(): Batch {
    return this.#batch ??= this.#compile(BATCH_ROWS);
  }

  dispose(): void {
    this.#single?.dispose();
    this.#batch?.dispose();
    this.#segment.dispose();
  }

  #compile(capacity: number, weights?: WeightFormat): Batch {
    const plan = this.#graph.plan(this.#layout, capacity);
    const program = this.#machine.backend.compile(plan, { parameters: this.#segment }, weights);
    return new Batch(this.model, program);
  }
}

/** A program and the rows it works on. */
export class Batch {
  readonly parts: readonly PartScorer[];
  readonly #model: EnsembleModel;
  readonly #program: SyncProgram;
  /** Surprisals of all views, row by row. */
  readonly #surprisals: Float64Array;
  readonly #weights: readonly number[];
  /** Where the largest surprisals of a row are, in descending order. */
  readonly #largest: Uint32Array;
  /** 1 for each row that lacks more cells than the rows that surprisals were fitted on. */
  readonly #isSparse: Uint8Array;
  /** Scores and contributions of incomplete rows after the second imputation. */
  readonly #imputedScores: Float64Array;
  readonly #imputedRaw: Float64Array;

  constructor(model: EnsembleModel, program: SyncProgram) {
    this.#model = model;
    this.#program = program;
    const { parts, statistics, columns } = model;
    this.parts = parts.map((part) => {
      const weight = linearWeight(model, part.view.name);
      return new PartScorer(part, { columns, statistics, program, weight });
    });
    const { capacity } = program.plan;
    const surprisals = parts.length * statistics.length;
    this.#surprisals = new Float64Array(capacity * surprisals);
    this.#weights = rankWeights(surprisals);
    this.#largest = new Uint32Array(this.#weights.length);
    this.#isSparse = new Uint8Array(capacity);
    this.#imputedScores = new Float64Array(capacity);
    this.#imputedRaw = new Float64Array(capacity * columns);
  }

  dispose(): void {
    this.#program.dispose();
  }

  /** Writes rows and runs the program. */
  run(rows: RowCells): void {
    for (const part of this.parts) part.write(rows);
    this.#findSparseRows(rows);
    this.#program.run(rows.rows);
    for (const part of this.parts) part.read();
  }

  /**
   * Writes the scores of the first rows to `scores`, and the contributions of their columns to `raw`, which must hold
   * zeros; both start at row `first`. Rows that lack too many cells run again after the second imputation.
   */
  score(rows: number, scores: Float64Array, raw: Float64Array, first: number): void {
    this.#score(rows, scores, raw, first);
    if (!this.#isSparse.includes(1)) return;
    for (const part of this.parts) part.imputeFromNearest(this.#isSparse);
    this.#program.run(rows);
    for (const part of this.parts) part.read();
    const imputedScores = this.#imputedScores,
      imputedRaw = this.#imputedRaw.fill(0),
      width = this.#model.columns;
    this.#score(rows, imputedScores, imputedRaw, 0);
    for (let slot = 0, r = first; slot < rows; slot++, r++) {
      if (this.#isSparse[slot] === 0 || imputedScores[slot] >= scores[r]) continue;
      scores[r] = imputedScores[slot];
      raw.set(imputedRaw.subarray(slot * width, (slot + 1) * width), r * width);
    }
  }

  #findSparseRows({ cells, at, rows }: RowCells): void {
    const isSparse = this.#isSparse.fill(0), { columns, gaps } = this.#model;
    if (this.parts.every(({ isWhole }) => isWhole)) return;
    for (let slot = 0, i = at; slot < rows; slot++) {
      let missing = 0;
      for (const end = i + columns; i < end; i++) if (cells[i] !== cells[i]) missing++;
      if (missing > gaps) isSparse[slot] = 1;
    }
  }

  #score(rows: number, scores: Float64Array, raw: Float64Array, first: number): void {
    const surprisals = this.#surprisals,
      { statistics, columns } = this.#model,
      width = statistics.length;
    const stride = this.parts.length * width;
    for (let p = 0; p < this.parts.length; p++) {
      this.parts[p].surprisals(rows, surprisals, p * width, stride);
    }
    for (let slot = 0; slot < rows; slot++) {
      const start = slot * stride, score = this.#combine(surprisals, start, start + stride);
      for (const place of this.#largest) {
        const nats = score / this.#largest.length;
        this.#blame(place - start, slot, nats, raw, (first + slot) * columns);
      }
      scores[first + slot] = score;
    }
  }

  /** Finds the largest of the surprisals from `start` to `end`, and combines them into the score. */
  #combine(surprisals: Float64Array, start: number, end: number): number {
    const largest = this.#largest, weights = this.#weights, last = largest.length - 1;
    let score = 0;
    for (let i = start; i < end; i++) {
      const value = surprisals[i];
      // A NaN must not be hidden: it becomes the score.
      if (value !== value) score = value;
      let rank = Math.min(i - start, largest.length);
      for (; rank > 0 && value > surprisals[largest[rank - 1]]; rank--) {
        if (rank <= last) largest[rank] = largest[rank - 1];
      }
      if (rank <= last) largest[rank] = i;
    }
    for (let rank = 0; rank <= last; rank++) score += weights[rank] * surprisals[largest[rank]];
    return score;
  }

  /** Distributes `nats` of a row by one of its statistics, indexed over all views; `to` is the row's first column. */
  #blame(statistic: number, slot: number, nats: number, raw: Float64Array, to: number): void {
    const { statistics } = this.#model, width = statistics.length;
    const part = this.parts[Math.floor(statistic / width)];
    part.blame(statistics[statistic % width], slot, nats, raw, to);
  }
}

function linearWeight({ parameters }: EnsembleModel, view: ViewName): Float32Array {
  return parameters.get(`${view}.linear.weight`)!;
}
