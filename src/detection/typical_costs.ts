/**
 * What the columns of ordinary rows contribute to a network's score, and what a missing cell counts for. In a model of
 * rows with gaps the KL covers the observed cells only, so a missing cell counts for all that its column usually
 * contributes. A model of whole rows fills the cell in, and the KL covers it too: it counts for the cost alone
 * (`scoring/contributions.ts`).
 */
import { rawScores, typicalContributions } from "../scoring/contributions.ts";
import type { Cells } from "../scoring/table/cells.ts";
import type { Expansion } from "../scoring/table/expansion.ts";
import type { TableModel } from "../scoring/table_model.ts";
import type { Costs } from "../trained/calls/costs.ts";
import type { VAE } from "../training/vae.ts";

/** @param costs of the cells' rows */
export function typicalCosts(
  vae: VAE,
  cells: Cells,
  costs: Costs,
  expansion: Expansion,
): Pick<TableModel, "typical" | "costs"> {
  const typical = typicalContributions(cells, rawScores(cells, costs, expansion).raw);
  if (vae.spec.missing) return { typical };
  const kl = { ...costs.kl, data: new Float32Array(costs.kl.data.length) };
  return {
    typical,
    costs: typicalContributions(cells, rawScores(cells, { ...costs, kl }, expansion).raw),
  };
}
