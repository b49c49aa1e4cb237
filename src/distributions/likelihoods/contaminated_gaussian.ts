/**
 * A Gaussian mixed with a broad one: a share π of the cells are outliers, independently of each other. The broad
 * Gaussian does not depend on either network, so outliers do not pull on the fit (RVAE: Eduardo, Nazábal, Williams and
 * Sutton, "Robust variational autoencoders for outlier detection and repair of mixed-type data", 2020; Tukey's
 * contaminated normal):
 *
 *   p(x | z) = (1 - π) N(x; μ, σ²) + π N(x; 0, b²)
 *   ln p(x | z) = B + softplus(C - B),  C = ln (1 - π) N(x; μ, σ²),  B = ln π N(x; 0, b²)
 *
 * with μ = `decoder.mean`, σ² as in `variance.ts`, b fixed, and π fixed or the parameter `likelihood.logShare`. For a
 * far outlier |B| may be as large as x², and ln p is then B alone. The reported mean is μ, to which RVAE repairs a
 * cell; E[x | z] is (1 - π) μ. If columns are standardised, 0 and b are in standardised units.
 */
import { normal } from "../../core/random/draws.ts";
import { portableExp, portableLog } from "../../core/portable.ts";
import { requireChoice, requireNumber, requireObject } from "../../core/validate.ts";
import { negative } from "../../ops/shorthand.ts";
import {
  ANY_NUMBER,
  type Definition,
  eachColumn,
  head,
  LEARNED,
  logQuantity,
  logRange,
  parseQuantity,
} from "./definition.ts";
import type { ContaminatedGaussianOptions } from "./options.ts";
import { logVariance, parseVariance } from "./variance.ts";

const SHARE = { min: 1e-6, max: 0.5 } as const;

/** ln of the share from which a learned one starts, near 5 %. */
const START = -3;

export const contaminatedGaussian: Definition<ContaminatedGaussianOptions> = {
  title: "contaminated Gaussian",

  parse(field, value) {
    const keys = ["type", "variance", "minVariance", "share", "breadth"];
    const fields = requireObject(field, value, keys), { share = 0.05, breadth = 10 } = fields;
    return {
      type: requireChoice(`${field}.type`, fields.type, ["contaminatedGaussian"]),
      ...parseVariance(field, fields, [...LEARNED, "perRow"] as const),
      share: parseQuantity(`${field}.share`, share, SHARE, LEARNED),
      breadth: requireNumber(`${field}.breadth`, breadth, { min: 1e-3, max: 1e4 }),
    };
  },

  build(site, { variance, minVariance, share, breadth }) {
    const { g } = site.scope;
    const mean = head(site, "mean"), logVar = logVariance(site, variance, minVariance);
    const logShare = logQuantity(site, "logShare", share, logRange(SHARE, START));
    const logBreadth = g.constant(portableLog(breadth));
    return {
      mean,
      parameters: { mean, logVar, logShare, logBreadth },
      logProb(x) {
        const logCleanShare = g.log1p(negative(g, g.exp(logShare)));
        const clean = g.add(g.gaussianLogProb(x, mean, logVar), logCleanShare);
        const outlier = g.gaussianLogProb(x, g.constant(0), g.constant(2 * portableLog(breadth)));
        const broad = g.add(outlier, logShare);
        return g.add(broad, g.activation(g.sub(clean, broad), { kind: "softplus" }));
      },
    };
  },

  data: ANY_NUMBER,
  standardizes: true,
  draw: eachColumn((read, random) =>
    random.uniformF64() < portableExp(read("logShare"))
      ? portableExp(read("logBreadth")) * normal(random)
      : read("mean") + portableExp(read("logVar") / 2) * normal(random)
  ),
};
