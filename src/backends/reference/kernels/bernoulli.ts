/** Bernoulli log-likelihood from logits, float64, nats; formulas in `ops/bernoulli.ts`. */
import { sigmoid, softplus } from "../../../core/stable.ts";
import { elementwise, type Kernel } from "./view.ts";

export const bernoulliLogProb: Kernel<"bernoulliLogProb"> = (out, inputs) =>
  elementwise(out, inputs, (x, logit) => x * logit - softplus(logit));

export const bernoulliLogProbGrad: Kernel<"bernoulliLogProbGrad"> = (out, inputs) =>
  elementwise(out, inputs, (x, logit, dy) => dy * (x - sigmoid(logit)));
