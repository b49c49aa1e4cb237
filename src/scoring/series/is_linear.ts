/** Tells the linear model of a series from networks over its windows. */
import type { TableScorer } from "../table_scorer.ts";

/**
 * Whether a model is that of preset "linear", which every step trains: fits without each stretch calibrate it (ADR 31).
 */
export function isLinear({ vae, table }: Pick<TableScorer, "vae" | "table">): boolean {
  const { encoder, decoder, likelihood } = vae.spec;
  return table.window !== undefined && !table.ensemble &&
    encoder.hidden.length === 0 && decoder.hidden.length === 0 &&
    likelihood.type === "gaussian" &&
    (likelihood.variance === "shared" || likelihood.variance === "perFeature");
}
