/** -ln p(x), nats, importance-sampled with K draws of q(z | x): -ln 1/K Σ_k p(x | z_k) p(z_k) / q(z_k | x). */
import type { NamedScore } from "./score.ts";

export const logLikelihood: NamedScore = {
  of: (model, x, { samples, seed }) =>
    model.evaluate(x, { samples, seed, sameDraws: true }).logLikelihood.map((nats) => -nats),
};
