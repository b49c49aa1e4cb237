/** One kernel for each operation. An operation without one does not compile. */
import type { OpName } from "../../../ops/names.ts";
import { type KernelTable, type Unsupported, unsupported } from "../../backend.ts";
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
import type { Kernel } from "./view.ts";

const VIEW = unsupported("a view: no kernel runs");

export const KERNELS = {
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
  reshape: VIEW,
  stopGradient: VIEW,
} satisfies
  & KernelTable<(...args: never) => void>
  & { readonly [N in OpName]: Kernel<N> | Unsupported };
