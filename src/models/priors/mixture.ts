/**
 * A learned mixture of Gaussians as prior, `{ "type": "mixture", "components" }`, with means `prior.mean`,
 * log-variances `prior.logVar` and unnormalised log-weights `prior.logits`.
 */
import { requireObject } from "../../core/validate.ts";
import { mixturePrior } from "../../distributions/mixture.ts";
import type { PriorFamily } from "./prior_family.ts";
import { requireWidth } from "../width.ts";

/** A mixture of Gaussians as prior. */
export interface MixturePrior {
  /** Gaussians with learned means, variances and weights. */
  readonly type: "mixture";
  /** Number of components. */
  readonly components: number;
}

export const mixture: PriorFamily<MixturePrior> = {
  parse(field, value) {
    const { components } = requireObject(field, value, ["type", "components"]);
    return { type: "mixture", components: requireWidth(`${field}.components`, components) };
  },
  build(scope, { components }, { size, standard }) {
    if (standard().form?.type !== "standardNormal") {
      throw new TypeError("Cannot build prior: mixture needs real-valued latent variables");
    }
    // Initialised to different values: components that start equal would stay equal.
    const mean = scope.declare("prior.mean", components, size, { type: "xavier" });
    const zero = { type: "constant", value: 0 } as const;
    const logVar = scope.declare("prior.logVar", components, size, zero);
    return mixturePrior(
      scope.g,
      { mean, logVar },
      scope.declare("prior.logits", 1, components, zero),
    );
  },
};
