/** The catalogue: one spec per operation. A name without a spec does not compile. */
import * as bernoulli from "./bernoulli.ts";
import * as continuousBernoulli from "./continuous_bernoulli.ts";
import * as elementwise from "./elementwise.ts";
import * as gamma from "./gamma.ts";
import * as gaussian from "./gaussian.ts";
import * as layout from "./layout.ts";
import * as linear from "./linear.ts";
import * as optimizer from "./optimizer.ts";
import * as random from "./random.ts";
import * as reductions from "./reductions.ts";
import type { OpName } from "./names.ts";
import type { OpSpec } from "./spec.ts";

export const OPS: { readonly [N in OpName]: OpSpec<N> } = {
  ...linear,
  ...elementwise,
  ...reductions,
  ...layout,
  ...gaussian,
  ...bernoulli,
  ...random,
  ...optimizer,
  ...gamma,
  ...continuousBernoulli,
};
