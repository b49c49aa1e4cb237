/** The cases of every operation. The code does not compile if an operation has none. */
import type { OpName } from "../../src/ops/names.ts";
import type { CaseGenerator } from "./case.ts";
import * as bernoulli from "./cases/bernoulli.ts";
import * as continuousBernoulli from "./cases/continuous_bernoulli.ts";
import * as elementwise from "./cases/elementwise.ts";
import * as gamma from "./cases/gamma.ts";
import * as gaussian from "./cases/gaussian.ts";
import * as layout from "./cases/layout.ts";
import * as linear from "./cases/linear.ts";
import * as optimizer from "./cases/optimizer.ts";
import * as random from "./cases/random.ts";
import * as reductions from "./cases/reductions.ts";

export const CASES = {
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
} satisfies { readonly [N in OpName]: CaseGenerator<N> };
