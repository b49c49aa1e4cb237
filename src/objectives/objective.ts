/** What training minimises, as JSON; parsed once, strictly. */
import { requireChoice, requireNumber, requireObject } from "../core/validate.ts";

/**
 * `elbo`: -E_q[ln p(x | z)] + beta · KL(q ‖ p), with `samples` draws of z per row. Over the first
 * `warmUpEpochs` epochs beta rises linearly from 0 (Bowman et al., 2016).
 */
export interface Objective {
  /** The evidence lower bound. */
  readonly type: "elbo";
  /** Weight of the KL; 1. */
  readonly beta: number;
  /** Draws of z per row; 1. */
  readonly samples: number;
  /** Epochs over which beta rises from 0; 0. */
  readonly warmUpEpochs: number;
}

/** @throws TypeError or RangeError naming the field */
export function parseObjective(value: unknown = { type: "elbo" }): Objective {
  const keys = ["type", "beta", "samples", "warmUpEpochs"];
  const { type, beta = 1, samples = 1, warmUpEpochs = 0 } = requireObject("objective", value, keys);
  return {
    type: requireChoice("objective.type", type, ["elbo"]),
    beta: requireNumber("objective.beta", beta, { min: 0, max: 1e6 }),
    samples: requireNumber("objective.samples", samples, { min: 1, max: 10_000, integer: true }),
    warmUpEpochs: requireNumber("objective.warmUpEpochs", warmUpEpochs, { min: 0 }),
  };
}
