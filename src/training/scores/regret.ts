/**
 * Likelihood regret: ELBO(x; q*) - ELBO(x; q(z | x)), nats, q* the best Gaussian for the row alone (Xiao, Yan and
 * Amit, "Likelihood regret", 2020). How much a model must relearn for a row says how little it has seen like it.
 * Some hundreds of passes a row: a second look at rows that another score has flagged.
 */
import { gapsOf } from "../analysis/gaps.ts";
import type { NamedScore } from "./score.ts";

export const regret: NamedScore = {
  of: (model, x, { samples, steps, seed }) =>
    gapsOf(model, x, { samples, steps, seed }, { sameDraws: true }).amortisation,
};
