/**
 * Continuous Bernoulli, a density on [0, 1]: ln p(x | z) = x l - softplus(l) + ln C(l), with logits l =
 * `decoder.logits` and E[x | z] = σ(l) - C'/C (`ops/continuous_bernoulli.ts`).
 *
 * Source: Loaiza-Ganem and Cunningham, "The continuous Bernoulli: fixing a pervasive error in
 * variational autoencoders", 2019. Draws invert F(x) = (e^(l x) - 1) / (e^l - 1).
 */
import { openUniform } from "../../core/random/draws.ts";
import { portableExp, portableLog } from "../../core/portable.ts";
import { requireChoice, requireObject } from "../../core/validate.ts";
import { type Definition, eachColumn, eachValue, head } from "./definition.ts";
import type { ContinuousBernoulliOptions } from "./options.ts";

export const continuousBernoulli: Definition<ContinuousBernoulliOptions> = {
  title: "continuous Bernoulli",

  parse(field, value) {
    const { type } = requireObject(field, value, ["type"]);
    return { type: requireChoice(`${field}.type`, type, ["continuousBernoulli"]) };
  },

  build(site) {
    const { g } = site.scope;
    const logits = head(site, "logits");
    return {
      get mean() {
        const lambda = g.activation(logits, { kind: "sigmoid" });
        return g.sub(lambda, g.continuousBernoulliLogNormSlope(logits));
      },
      parameters: { logits },
      logProb: (x) => g.add(g.bernoulliLogProb(x, logits), g.continuousBernoulliLogNorm(logits)),
    };
  },

  data: eachValue("a value from 0 to 1", (value) => value >= 0 && value <= 1),
  standardizes: false,
  draw: eachColumn((read, random) =>
    continuousBernoulliQuantile(openUniform(random), read("logits"))
  ),
};

/** F⁻¹(u), in [0, 1], written with the exponential that does not overflow. */
export function continuousBernoulliQuantile(u: number, logit: number): number {
  if (Math.abs(logit) < 1e-6) return u;
  if (logit < 0) return portableLog(1 - u + u * portableExp(logit)) / logit;
  return 1 + portableLog(u + (1 - u) * portableExp(-logit)) / logit;
}
