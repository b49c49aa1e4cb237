/**
 * Typicality: |-ELBO(x) - mean of -ELBO over reference rows|, nats (Nalisnick et al., "Detecting out-of-distribution
 * inputs to deep generative models using typicality", 2019, applied to single rows). A row may also be too likely, like
 * a blank image.
 */
import { elbo } from "./elbo.ts";
import type { NamedScore } from "./score.ts";

export const typicality: NamedScore = {
  needsReference: true,
  of(model, x, settings, reference) {
    const referenceNats = elbo.of(model, reference, settings, reference);
    const entropy = referenceNats.reduce((sum, nats) => sum + nats / referenceNats.length, 0);
    return elbo.of(model, x, settings, reference).map((nats) => Math.abs(nats - entropy));
  },
};
