/**
 * Likelihood regret: ELBO(x; q*) - ELBO(x; q(z | x)), nats, q* the best Gaussian for the row alone (Xiao, Yan and Amit,
 * "Likelihood regret", 2020). It is large for rows unlike those that the encoder was trained on. It takes some hundreds
 * of passes per row, so it is meant for rows that another score has flagged.
 */
import { gapsOf } from "../analysis/gaps.ts";
import type { NamedScore } from "./score.ts";

export const regret: NamedScore = {
  of: (model, x, { samples, steps, seed }) =>
    gapsOf(model, x, { samples, steps, seed }, { sameDraws: true }).amortisation,
};
