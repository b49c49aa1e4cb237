/**
 * The evidence lower bound, per row, in nats (derivations A.1, boxed form):
 *
 *   ELBO(x) = E_q(z|x)[ln p(x | z)] - KL(q(z | x) ‖ p(z)) ≤ ln p(x)
 *
 * The expectation is the mean over K draws; the KL is in closed form where there is one, else the mean
 * of ln q - ln p over the draws.
 */
import { requireNumber } from "../core/validate.ts";
import { SCALAR } from "../core/shape.ts";
import { gradient } from "../graph/gradient.ts";
import type { ObjectiveFamily, SharedOptions } from "./objective_family.ts";
import { klOf, reconstructionOf } from "./terms.ts";

/**
 * `elbo`: -E_q[ln p(x | z)] + beta · KL(q ‖ p), with `samples` draws of z per row. Over the first
 * `warmUpEpochs` epochs beta rises linearly from 0 (Bowman et al., 2016).
 */
export interface ElboObjective extends SharedOptions {
  /** The evidence lower bound. */
  readonly type: "elbo";
  /** Weight of the KL; 1. */
  readonly beta: number;
  /** Epochs over which beta rises from 0; 0. */
  readonly warmUpEpochs: number;
}

export const elbo: ObjectiveFamily<ElboObjective> = {
  keys: ["beta", "warmUpEpochs"],
  parse: ({ beta = 1, warmUpEpochs = 0 }) => ({
    beta: requireNumber("objective.beta", beta, { min: 0, max: 1e6 }),
    warmUpEpochs: requireNumber("objective.warmUpEpochs", warmUpEpochs, { min: 0 }),
  }),
  build(g, terms) {
    const reconstruction = reconstructionOf(g, terms);
    const kl = klOf(g, terms);
    const loss = g.add(reconstruction, g.mul(g.input("klWeight", SCALAR), kl));
    const gradients = (parameters: Parameters<typeof gradient>[2]) => gradient(g, loss, parameters);
    return { loss, reconstruction, kl, gradients };
  },
};
