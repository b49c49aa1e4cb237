/**
 * Σ_d -ln p(x_d | z) + KL(q(z | x) ‖ p(z)), nats, at z = E[z | x] (An and Cho, 2015): -ELBO without the spread of z,
 * and no bound on -ln p(x). `VAE.elbo` draws z.
 */
import { type NamedScore, rowSums } from "./score.ts";

export const elbo: NamedScore = {
  of(model, x) {
    const { cost, kl } = model.costs(x), divergence = rowSums(kl);
    return rowSums(cost).map((nats, r) => nats + divergence[r]);
  },
};
