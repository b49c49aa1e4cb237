/**
 * VampPrior (Tomczak and Welling, 2018), `{ "type": "vamp", "components" }`: the average of the model's own posterior
 * over learned pseudo-rows, p(z) = 1/N Σ_n q(z | u_n), `prior.pseudoRows` [N, D + C]. Training is fastest if
 * pseudo-rows start as rows of the data: call `setParameters` before `fit`.
 */
import { requireObject } from "../../core/validate.ts";
import { mixturePrior } from "../../distributions/mixture.ts";
import type { PriorFamily } from "./prior_family.ts";
import { requireWidth } from "../width.ts";

/** A VampPrior. */
export interface VampPrior {
  /** The average posterior over learned pseudo-rows. */
  readonly type: "vamp";
  /** Number of pseudo-rows. */
  readonly components: number;
}

export const vamp: PriorFamily<VampPrior> = {
  parse(field, value) {
    const { components } = requireObject(field, value, ["type", "components"]);
    return { type: "vamp", components: requireWidth(`${field}.components`, components) };
  },
  build(scope, { components }, { inputs, encode }) {
    const rows = scope.declare("prior.pseudoRows", components, inputs, { type: "xavier" });
    const { diagonal } = encode(rows);
    if (diagonal) return mixturePrior(scope.g, diagonal);
    throw new TypeError(
      "Cannot build prior: vamp needs a posterior that is a diagonal Gaussian without flows",
    );
  },
};
