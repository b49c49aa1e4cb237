/**
 * Scores rows by a single network: the score is its -ELBO at z = E[z | x], and the contributions are the columns' costs
 * plus their shares of the KL (`contributions.ts`).
 *
 *   cells → expanded, standardised → cost and KL (`TrainedVae`) → raw contributions, and their sum
 */
import { portableLog } from "../core/portable.ts";
import { type CellFault, findFault, requireData } from "../trained/rows/data_rule.ts";
import type { Matrix } from "../trained/rows/matrix.ts";
import { markObserved } from "../trained/rows/observed.ts";
import type { SampleOptions } from "../trained/calls/sampling.ts";
import { costsOf } from "../trained/calls/completion.ts";
import type { TrainedVae } from "../trained/trained_vae.ts";
import { addMissingCosts, rawContributions, rawScores } from "./contributions.ts";
import type { RawScores, RowScorer } from "./row_scorer.ts";
import { SingleRow } from "./single_row.ts";
import type { Cells } from "./table/cells.ts";
import { logJacobian, restore, standardize, standardizeValue } from "./table/standardize.ts";
import type { TableModel } from "./table_model.ts";

export class NetworkScorer implements RowScorer {
  readonly networks = 1;
  readonly #vae: TrainedVae;
  readonly #model: TableModel;
  /** Expanded cells and contributions of a single row. */
  readonly #expanded: Float64Array;
  readonly #expandedRaw: Float64Array;
  #single?: SingleRow;

  constructor(vae: TrainedVae, model: TableModel) {
    this.#vae = vae;
    this.#model = model;
    this.#expanded = new Float64Array(model.expansion.width);
    this.#expandedRaw = new Float64Array(model.expansion.width);
  }

  get takesMissing(): boolean {
    return this.#vae.spec.missing !== undefined;
  }

  scoreCells(cells: Cells): RawScores {
    const { typical, costs = typical, expansion } = this.#model;
    return rawScores(cells, costsOf(this.#vae, this.toVae(cells)), expansion, costs);
  }

  scoreRow(row: ArrayLike<number>, raw: Float64Array): number {
    let missing = false;
    for (let c = 0; c < row.length; c++) missing ||= Number.isNaN(row[c]);
    if (missing && !this.takesMissing) return this.#scoreImputed(row, raw);
    const score = this.#scoreByProgram(row, raw);
    return missing ? score + addMissingCosts(row, this.#model.typical, raw) : score;
  }

  /** Scores by the program for a single row, writing the cells directly to its input. */
  #scoreByProgram(row: ArrayLike<number>, raw: Float64Array): number {
    const { standardization, expansion } = this.#model, { onHost } = this.#vae;
    const single = this.#single ??= new SingleRow(onHost.compileSingle("score")), { x } = single;
    const whole = expansion.isIdentity ? row : this.#expanded;
    if (whole === this.#expanded) expansion.expandRow(row, this.#expanded);
    for (let d = 0; d < whole.length; d++) {
      x[d] = Math.fround(standardizeValue(whole[d], standardization, d));
    }
    if (this.takesMissing) markObserved(x, onHost.placeholders);
    single.run();
    if (expansion.isIdentity) return rawContributions(single.costs, 0, raw, 0);
    const score = rawContributions(single.costs, 0, this.#expandedRaw, 0);
    expansion.fold(this.#expandedRaw, raw);
    return score;
  }

  /** A row with missing cells for a model that was trained on whole rows. */
  #scoreImputed(row: ArrayLike<number>, raw: Float64Array): number {
    const scored = this.scoreCells({ data: Float64Array.from(row), rows: 1 });
    raw.set(scored.raw);
    return scored.scores[0];
  }

  toVae(cells: Cells): Matrix {
    const { expansion, standardization, schema } = this.#model;
    const expanded = expansion.expand(cells);
    const nameOf = (d: number) => schema[expansion.owner[d] % schema.length].name;
    requireData(this.#vae.spec, expanded.data, { nameOf });
    return standardize(expanded, standardization);
  }

  fromVae(matrix: Matrix): Cells {
    const { expansion, standardization } = this.#model;
    return expansion.collapse(restore(matrix, standardization));
  }

  draw(first: number, count: number, options: SampleOptions): Cells {
    return this.fromVae(this.#vae.onHost.draw(first, count, options));
  }

  findFault(cells: Cells): CellFault | undefined {
    const { expansion } = this.#model;
    const fault = findFault(this.#vae.spec, expansion.expand(cells).data);
    return fault && { ...fault, column: expansion.owner[fault.column] };
  }

  logJacobians(cells: Cells): Float64Array {
    const { expansion, standardization, schema } = this.#model;
    const whole = logJacobian(standardization), columns = schema.length;
    // The derivative of a logarithm y of x is 1 / x, -y nats.
    return Float64Array.from({ length: cells.rows }, (_, r) =>
      schema.reduce(
        (sum, { kind }, c) =>
          expansion.isLog(kind) ? sum - portableLog(cells.data[r * columns + c]) : sum,
        whole,
      ));
  }

  dispose(): void {
    this.#single?.dispose();
  }
}
