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
export type { CategoricalLatentInput } from "./src/models/latents/categorical.ts";
export type { DeterministicLatentInput } from "./src/models/latents/deterministic.ts";
export type { GaussianLatentInput } from "./src/models/latents/gaussian.ts";
export type { LatentInput } from "./src/models/latents.ts";
export type { PriorInput } from "./src/models/priors.ts";
export type { ModelSpecInput } from "./src/models/spec.ts";
export type { Initialization } from "./src/models/initialize.ts";
export type { BetaTcObjective } from "./src/objectives/beta_tc.ts";
export type { Corruption } from "./src/objectives/corruption.ts";
export type { Capacity, ElboObjective } from "./src/objectives/elbo.ts";
export type { IwaeObjective, RenyiObjective } from "./src/objectives/iwae.ts";
export type { ReinforceObjective } from "./src/objectives/reinforce.ts";
export type { KlWeight } from "./src/objectives/kl_weight.ts";
export type { Objective, ObjectiveInput, ObjectiveOptions } from "./src/objectives/objective.ts";
export type { SemiSupervisedObjective } from "./src/objectives/semi_supervised.ts";
export type { SharedOptions } from "./src/objectives/objective_family.ts";
export { type CheckpointStore, ResumeError } from "./src/training/run/checkpoint.ts";
export type { LabelOptions } from "./src/training/rows/labelled_rows.ts";
export type { FitOptions } from "./src/training/options.ts";
export type { Decay, Optimizer, OptimizerInput } from "./src/training/optimizer.ts";
export type { EpochMeans, EpochReport, FitReport, GpuReport } from "./src/training/report.ts";
export type { ElboSurgery, SurgeryOptions } from "./src/training/analysis/elbo_surgery.ts";
export type { GapOptions, Gaps } from "./src/training/analysis/gaps.ts";
export { DivergenceError } from "./src/training/run/divergence.ts";
export { combineRanks, type NamedScoreOptions, type ScoreName } from "./src/training/scores/mod.ts";
export type { ScoreSettings } from "./src/training/scores/score.ts";
export { VAE } from "./src/training/vae.ts";
export type { StateDictOptions } from "./src/exports/state_dict.ts";
export type { LayerMap } from "./src/exports/state_dict_layers.ts";
export type { GradientOptions } from "./src/training/gradients/gradient_options.ts";
export type { LossAndGradients } from "./src/training/gradients/gradients.ts";
export type { CreateOptions } from "./src/training/vae.ts";
export { withPosteriorMixture } from "./src/training/em/posterior_mixture.ts";
export type {
  PosteriorMixture,
  PosteriorMixtureOptions,
} from "./src/training/em/posterior_mixture.ts";
export { factorAnalysis } from "./src/training/em/factor_analysis.ts";
export type { FactorAnalysis, FactorAnalysisOptions } from "./src/training/em/factor_analysis.ts";
export { TrainedRbm } from "./src/trained/rbm/trained_rbm.ts";
export type { PartitionOptions, RbmSampleOptions } from "./src/trained/rbm/trained_rbm.ts";
export type { Partition } from "./src/trained/rbm/partition.ts";
export { Rbm } from "./src/training/rbm/rbm.ts";
export type { RbmCreateOptions } from "./src/training/rbm/rbm.ts";
export type {
  Divergence,
  RbmEpoch,
  RbmFitOptions,
  RbmReport,
} from "./src/training/rbm/rbm_options.ts";
export type { RbmSpec } from "./src/models/rbm.ts";
