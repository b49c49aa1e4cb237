/** Gaussians in log-variance, float64, nats; formulas in `ops/gaussian.ts`. */
import { LN_2PI } from "../../../core/stable.ts";
import { elementwise, type Kernel } from "./view.ts";

export const reparameterize: Kernel<"reparameterize"> = (out, inputs) =>
  elementwise(out, inputs, (mean, logVar, noise) => mean + Math.exp(logVar / 2) * noise);

export const gaussianKl: Kernel<"gaussianKl"> = (out, inputs) =>
  elementwise(out, inputs, (mean, logVar) => (mean * mean + (Math.expm1(logVar) - logVar)) / 2);

export const gaussianLogProb: Kernel<"gaussianLogProb"> = (out, inputs) =>
  elementwise(
    out,
    inputs,
    (x, mean, logVar) => -(LN_2PI + logVar + (x - mean) ** 2 * Math.exp(-logVar)) / 2,
  );

export const gaussianLogProbGradMean: Kernel<"gaussianLogProbGradMean"> = (out, inputs) =>
  elementwise(out, inputs, (x, mean, logVar, dy) => dy * (x - mean) * Math.exp(-logVar));

export const gaussianLogProbGradLogVar: Kernel<"gaussianLogProbGradLogVar"> = (out, inputs) =>
  elementwise(
    out,
    inputs,
    (x, mean, logVar, dy) => dy * ((x - mean) ** 2 * Math.exp(-logVar) - 1) / 2,
  );
