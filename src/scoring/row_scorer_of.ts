/** What scores the rows of a table model: its VAE or its ensemble, over windows where rows are steps. */
import { Ensemble } from "./ensemble/ensemble.ts";
import { type RowScorer, VaeRowScorer } from "./row_scorer.ts";
import { WindowScorer } from "./series/window_scorer.ts";
import type { TableModel } from "./table_model.ts";
import type { TrainedVae } from "./trained_vae.ts";

type Parts = Pick<TableModel, "columns" | "standardization" | "ensemble" | "window">;

export function rowScorerOf(vae: TrainedVae, model: Parts): RowScorer {
  const { ensemble, standardization, window, columns } = model;
  const rows = ensemble
    ? new Ensemble(ensemble, vae.beside)
    : new VaeRowScorer(vae, standardization);
  return window === undefined ? rows : new WindowScorer(rows, columns.length, window);
}
