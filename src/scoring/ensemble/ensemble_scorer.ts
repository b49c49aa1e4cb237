/** An ensemble as a `RowScorer`; its first view translates rows to the VAE and back. */
import type { CellFault } from "../../trained/rows/data_rule.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { SampleOptions } from "../../trained/calls/sampling.ts";
import type { TrainedVae } from "../../trained/trained_vae.ts";
import type { RawScores, RowScorer } from "../row_scorer.ts";
import type { Cells } from "../table/cells.ts";
import { logSlope, unproject, type View } from "../views/view.ts";
import { Draws } from "./draws.ts";
import { Ensemble, type EnsembleModel } from "./ensemble.ts";

export class EnsembleScorer implements RowScorer {
  readonly networks: number;
  readonly takesMissing = true;
  readonly #vae: TrainedVae;
  readonly #ensemble: Ensemble;
  readonly #view: View;
  #draws?: Draws;

  /** @param vae the first of its networks, owned by the caller */
  constructor(vae: TrainedVae, model: EnsembleModel) {
    this.#vae = vae;
    this.#ensemble = new Ensemble(model, vae.onHost.machine);
    this.#view = model.parts[0].view;
    this.networks = model.parts.reduce((sum, { spec }) => sum + spec.members, 0);
  }

  scoreCells(cells: Cells): RawScores {
    return this.#ensemble.scoreCells(cells);
  }

  scoreRow(row: ArrayLike<number>, raw: Float64Array): number {
    return this.#ensemble.scoreRow(row, raw);
  }

  toVae(cells: Cells): Matrix {
    return this.#ensemble.firstView(cells);
  }

  fromVae(matrix: Matrix): Cells {
    return unproject(this.#view, matrix, this.#ensemble.model.columns);
  }

  draw(first: number, count: number, options: SampleOptions): Cells {
    this.#draws ??= new Draws(this.#ensemble.model, this.#vae);
    return this.#draws.rows(first, count, options);
  }

  /** Never a fault: the views accept any number. */
  findFault(): CellFault | undefined {
    return undefined;
  }

  logJacobians({ data, rows }: Cells): Float64Array {
    const { columns } = this.#ensemble.model;
    return Float64Array.from({ length: rows }, (_, r) => logSlope(this.#view, data, r * columns));
  }

  dispose(): void {
    this.#ensemble.dispose();
    this.#draws?.dispose();
  }
}
