/** KL(q(z | x) ‖ p(z)), nats: how unusual the row's latent representation is. */
import { type NamedScore, rowSums } from "./score.ts";

export const kl: NamedScore = { of: (model, x) => rowSums(model.costs(x).kl) };
