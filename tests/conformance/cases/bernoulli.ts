/** Bernoulli log-likelihood from logits. Its results are differences, so their errors are those of their terms. */
import { sigmoid, softplus } from "../../../src/core/stable.ts";
import { type CaseGenerator, roundings } from "../case.ts";
import { type Domain, MODERATE } from "../values.ts";
import { elementwiseCases } from "../generate.ts";

const PIXELS: Domain = { low: 0, high: 1, special: [0, 1] };

const LOGITS: Domain = { low: -8, high: 8, special: [0, 1e-30, -1e-6, 18, -18, 100, -100] };

export const bernoulliLogProb: CaseGenerator<"bernoulliLogProb"> = () =>
  elementwiseCases(
    {},
    [PIXELS, LOGITS],
    roundings(8, (x, logit) => Math.abs(x * logit) + softplus(logit)),
  );

export const bernoulliLogProbGrad: CaseGenerator<"bernoulliLogProbGrad"> = () =>
  elementwiseCases(
    {},
    [PIXELS, LOGITS, MODERATE],
    roundings(8, (x, logit, dy) => dy * (x + sigmoid(logit))),
  );
