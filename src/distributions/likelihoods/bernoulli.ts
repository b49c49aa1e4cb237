/**
 * Bernoulli: ln p(x | z) = x l - softplus(l), with logits l = `decoder.logits` (`ops/bernoulli.ts`).
 *
 * A grey x in [0, 1] is taken as the probability of a one; the value is then a cross-entropy.
 */
import { requireChoice, requireObject } from "../../core/validate.ts";
import { type Definition, eachColumn, eachValue, head } from "./definition.ts";
import type { BernoulliOptions } from "./options.ts";

export const bernoulli: Definition<BernoulliOptions> = {
  title: "Bernoulli",

  parse(field, value) {
    const { type } = requireObject(field, value, ["type"]);
    return { type: requireChoice(`${field}.type`, type, ["bernoulli"]) };
  },

  build(site) {
    const { g } = site.scope;
    const logits = head(site, "logits");
    // Getters, because scoring needs only the logits.
    return {
      get mean() {
        return g.activation(logits, { kind: "sigmoid" });
      },
      get parameters() {
        return { mean: this.mean };
      },
      logProb: (x) => g.bernoulliLogProb(x, logits),
    };
  },

  data: eachValue("a value from 0 to 1", (value) => value >= 0 && value <= 1),
  standardizes: false,
  draw: eachColumn((read, random) => random.uniformF64() < read("mean") ? 1 : 0),
};
