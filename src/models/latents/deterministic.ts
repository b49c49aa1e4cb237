/**
 * Latent variables that are a function of the row, `{ "type": "deterministic", "size" }`: no noise, no KL. With a
 * corrupted input the model is a denoising autoencoder (Vincent et al., 2008), otherwise a plain autoencoder.
 */
import { requireObject } from "../../core/validate.ts";
import { deterministicPosterior, noPrior } from "../../distributions/deterministic_posterior.ts";
import type { LatentFamily } from "./latent_family.ts";
import { requireWidth } from "../width.ts";

/** The code of an autoencoder. */
export interface DeterministicLatent {
  /** One point for each row. */
  readonly type: "deterministic";
  /** Dimensions. */
  readonly size: number;
}

/** The same as a user writes it. */
export type DeterministicLatentInput = DeterministicLatent;

export const deterministicLatent: LatentFamily<DeterministicLatent> = {
  parse(field, value) {
    const { size } = requireObject(field, value, ["type", "size"]);
    return { type: "deterministic", size: requireWidth(`${field}.size`, size) };
  },
  size: ({ size }) => size,
  posterior: (scope, { size }, request) => deterministicPosterior(scope, size, request),
  standardPrior: (g, { size }) => noPrior(g, size),
  mustBeOnlyLayer: true,
};
