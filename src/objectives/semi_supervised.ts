/**
 * The bound for a model with a class y that rows may lack (Kingma, Rezende, Mohamed and Welling, 2014, eq. 6 to 9), per
 * row, in nats, with L(x, y) = E_q(z|x,y)[ln p(x | y, z)] - KL(q(z | x, y) ‖ p(z)) + ln p(y) and p(y) = 1/C:
 *
 *   y known     loss = -L(x, y) - alpha · ln q(y | x)
 *   y missing   loss = -Σ_y q(y | x) (L(x, y) - ln q(y | x)) = -U(x) ≥ -ln p(x)
 *
 * Their α = 0.1 · N weights a mean over labelled rows against a sum over all N rows. With a share s of labelled rows in
 * a batch, this corresponds to alpha = 0.1 / s here.
 */
import { SCALAR } from "../core/shape.ts";
import { requireNumber } from "../core/validate.ts";
import { gradient } from "../graph/gradient.ts";
import type { Graph } from "../graph/graph.ts";
import { meanOfCols, meanOfRows } from "../layers/means.ts";
import { negative, scaled } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { KL_WEIGHT_KEYS, type KlWeight, parseKlWeight } from "./kl_weight.ts";
import type { ObjectiveFamily, SharedOptions } from "./objective_family.ts";
import { classShares, klOfClasses, type Terms } from "./terms.ts";

/** `semiSupervised`: the bound for rows that may lack their class; beta weights only the KL of z. */
export interface SemiSupervisedObjective extends SharedOptions, KlWeight {
  /** A bound for rows that may lack their class. */
  readonly type: "semiSupervised";
  /** The weight of -ln q(y | x) for rows with a known class; default 1. */
  readonly alpha: number;
}

export const semiSupervised: ObjectiveFamily<SemiSupervisedObjective> = {
  keys: [...KL_WEIGHT_KEYS, "alpha"],
  samples: 1,
  needsLabels: true,
  parse: (shared, fields) => ({
    type: "semiSupervised",
    ...shared,
    ...parseKlWeight(fields),
    alpha: requireNumber("objective.alpha", fields.alpha ?? 1, { min: 0, max: 1e6 }),
  }),
  build(g, terms, { alpha }) {
    const labels = terms.labels!, { given, logPosterior } = labels;
    const classes = given.shape.cols;
    const weights = classShares(g, labels);
    const overClasses = (ofRows: Node) => {
      const perClass = g.reshape(ofRows, { rows: 1, cols: classes, batched: true });
      return meanOfRows(g, g.mul(weights, perClass));
    };
    const reconstruction = negative(g, overClasses(meanOfCols(g, terms.logLikelihoods)));
    const klOfLatents = overClasses(klOfRows(g, terms));
    const klOfClass = g.sumRows(klOfClasses(g, labels), { mean: true });
    const classification = scaled(g, meanOfRows(g, g.mul(given, logPosterior)), -alpha);
    const penalty = g.add(g.mul(g.input("klWeight", SCALAR), klOfLatents), klOfClass);
    const loss = g.add(g.add(reconstruction, penalty), classification);
    return {
      loss,
      reconstruction,
      kl: g.add(klOfLatents, klOfClass),
      gradients: (parameters) => gradient(g, loss, parameters),
    };
  },
};

/** KL(q(z | x, y) ‖ p(z)) of every row and class, `[C·B, 1]`. */
function klOfRows(g: Graph, { klPerDimension, logPosteriors, logPriors }: Terms): Node {
  if (klPerDimension) return g.sumCols(klPerDimension);
  return meanOfCols(g, g.sub(logPosteriors, logPriors));
}
