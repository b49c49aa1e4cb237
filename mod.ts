/**
 * Elbow: variational autoencoders that train and run where the data is.
 *
 * ```ts
 * import { Detector } from "./mod.ts";
 *
 * const rows = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(i)]);
 * const detector = await Detector.fit(rows, { epochs: 5 });
 * const [verdict] = await detector.score([[8, 8]]);
 * if (!verdict.anomaly) throw new Error("Expected an anomaly");
 * ```
 *
 * @module
 */
export * from "./src/detection/mod.ts";
export * from "./src/scoring/mod.ts";
export { type Activation, ACTIVATIONS } from "./src/ops/names.ts";
export type { LatentSpec, ModelSpecInput, NetworkSpec } from "./src/models/spec.ts";
export type { Initialization } from "./src/models/initialize.ts";
export type { Objective } from "./src/objectives/objective.ts";
export type { CheckpointStore } from "./src/training/checkpoint.ts";
export type { FitOptions, Optimizer, OptimizerInput } from "./src/training/options.ts";
export type { EpochMeans, EpochReport, FitReport } from "./src/training/report.ts";
export { DivergenceError } from "./src/training/divergence.ts";
export { VAE } from "./src/training/vae.ts";
export type { CreateOptions, GradientOptions } from "./src/training/vae.ts";
