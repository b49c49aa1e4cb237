/**
 * Student's t with location μ = `decoder.mean`, scale s (`scale.ts`) and ν degrees of freedom, fixed or from the
 * parameter `likelihood.logDegrees`:
 *
 *   t = (x - μ) / s
 *   ln p(x | z) = f(ν/2, ½) - ½ ln 2π - ln s - (ν + 1)/2 · log1p(t² / ν)
 *
 * with f from `ops/gamma.ts`, since ln Γ((ν+1)/2) - ln Γ(ν/2) - ½ ln νπ = f(ν/2, ½) - ½ ln 2π. As ν → ∞, f vanishes and
 * the last term tends to -t²/2, which gives the Gaussian. `mean` is the location μ; the distribution has a mean only
 * for ν > 1.
 */
import { gamma, normal } from "../../core/random/draws.ts";
import { portableExp } from "../../core/portable.ts";
import { LN_2PI } from "../../core/stable.ts";
import { requireChoice, requireObject } from "../../core/validate.ts";
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
import type { StudentTOptions } from "./options.ts";
import { negative, scaled, shifted } from "../../ops/shorthand.ts";
import { logScale, parseScale } from "./scale.ts";

const DEGREES = { min: 0.1, max: 1e6 } as const;

/** ln of the degrees of freedom from which learned ones start, near 5. */
const START = 1.6;

export const studentT: Definition<StudentTOptions> = {
  title: "Student t",

  parse(field, value) {
    const keys = ["type", "degreesOfFreedom", "scale", "minScale"];
    const fields = requireObject(field, value, keys);
    const { degreesOfFreedom = "perFeature" } = fields;
    return {
      type: requireChoice(`${field}.type`, fields.type, ["studentT"]),
      degreesOfFreedom: parseQuantity(
        `${field}.degreesOfFreedom`,
        degreesOfFreedom,
        DEGREES,
        LEARNED,
      ),
      ...parseScale(field, fields),
    };
  },

  build(site, spec) {
    const { g } = site.scope;
    const mean = head(site, "mean");
    const scale = logScale(site, spec);
    const logDegrees = logQuantity(
      site,
      "logDegrees",
      spec.degreesOfFreedom,
      logRange(DEGREES, START),
    );
    return {
      mean,
      parameters: { mean, logScale: scale, logDegrees },
      logProb(x) {
        const degrees = g.exp(logDegrees);
        const t = g.mul(g.sub(x, mean), g.exp(negative(g, scale)));
        const tail = g.log1p(g.div(g.mul(t, t), degrees));
        const weight = g.affine(degrees, { scale: 0.5, offset: 0.5 });
        const ratio = g.logGammaRatio(
          scaled(g, degrees, 0.5),
          g.constant(0.5),
        );
        const norm = shifted(g, g.sub(ratio, scale), -LN_2PI / 2);
        return g.sub(norm, g.mul(weight, tail));
      },
    };
  },

  data: ANY_NUMBER,
  standardizes: true,
  draw: eachColumn((read, random) => {
    const degrees = portableExp(read("logDegrees"));
    const t = normal(random) / Math.sqrt(2 * gamma(random, degrees / 2) / degrees);
    return read("mean") + portableExp(read("logScale")) * t;
  }),
};
