/**
 * Log-normal, for x > 0: ln p(x | z) = ln N(ln x; μ, σ²) - ln x, with μ = `decoder.mean` and σ² as in `variance.ts`;
 * E[x | z] = e^(μ + σ²/2).
 */
import { normal } from "../../core/random/draws.ts";
import { portableExp } from "../../core/portable.ts";
import { requireChoice, requireObject } from "../../core/validate.ts";
import { type Definition, eachColumn, eachValue, head, LEARNED } from "./definition.ts";
import type { LogNormalOptions } from "./options.ts";
import { scaled } from "../../ops/shorthand.ts";
import { logVariance, parseVariance } from "./variance.ts";

export const logNormal: Definition<LogNormalOptions> = {
  title: "log-normal",

  parse(field, value) {
    const fields = requireObject(field, value, ["type", "variance", "minVariance"]);
    const type = requireChoice(`${field}.type`, fields.type, ["logNormal"]);
    return { type, ...parseVariance(field, fields, [...LEARNED, "perRow"] as const) };
  },

  build(site, { variance, minVariance }) {
    const { g } = site.scope;
    const location = head(site, "mean");
    const logVar = logVariance(site, variance, minVariance);
    return {
      get mean() {
        return g.exp(g.add(location, scaled(g, g.exp(logVar), 0.5)));
      },
      parameters: { location, logVar },
      logProb(x) {
        const logX = g.log(x);
        return g.sub(g.gaussianLogProb(logX, location, logVar), logX);
      },
    };
  },

  // The range of positive normal float32 numbers.
  data: eachValue(
    "a value from 1.2e-38 to 3.4e38",
    (value) => value >= 1.2e-38 && value <= 3.4e38,
  ),
  standardizes: false,
  placeholder: 1,
  draw: eachColumn((read, random) =>
    portableExp(read("location") + portableExp(read("logVar") / 2) * normal(random))
  ),
};
