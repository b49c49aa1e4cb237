/**
 * A trained network without table support: load a model file, and score, encode, decode and sample rows of numbers. It
 * contains no training code and depends on no package; `scoring/mod.ts` adds tables.
 *
 * ```ts
 * import { TrainedVae } from "./mod.ts";
 * const model = await TrainedVae.load(bytes);
 * const scores = await model.score([[5.1, 3.5, 1.4]]);
 * ```
 *
 * @module
 */
// The kernels must come first in a bundle, see that file.
export { type BackendChoice, useKernels } from "../backends/open_score.ts";
export type {
  AdapterOptions,
  BackendName,
  SegmentFormat,
  WeightFormat,
} from "../backends/backend.ts";
export type * from "../distributions/likelihoods/options.ts";
export type { DType, Tensor, TensorData } from "../formats/safetensors/safetensors.ts";
export type { Relaxation } from "../distributions/categorical_posterior.ts";
export type { CategoricalLatent, Temperature } from "../models/latents/categorical.ts";
export type { DeterministicLatent } from "../models/latents/deterministic.ts";
export type { GaussianLatent, PosteriorForm } from "../models/latents/gaussian.ts";
export type { LatentLayer, LatentOptions, LatentSpec } from "../models/latents.ts";
export type { CouplingFlow } from "../flows/coupling.ts";
export type { IafFlow } from "../flows/iaf.ts";
export type { FlowInput, FlowOptions, FlowSpec } from "../flows/mod.ts";
export type { PlanarFlow } from "../flows/planar.ts";
export type { RadialFlow } from "../flows/radial.ts";
export type { MixturePrior } from "../models/priors/mixture.ts";
export type { VampPrior } from "../models/priors/vamp.ts";
export type { NetworkSpec } from "../models/network.ts";
export type { PriorOptions, PriorSpec } from "../models/priors.ts";
export type { InferenceDirection, Missing, ModelSpec } from "../models/spec.ts";
export { type Activation, ACTIVATIONS } from "../ops/names.ts";
export type { Evaluation, EvaluationOptions } from "./calls/evaluation.ts";
export type { MomentOptions } from "./calls/moments.ts";
export type { RowEvaluation } from "./calls/row_sums.ts";
export { ModelFileError } from "./file/model_file.ts";
export type { ModelFile, ModelFileKind } from "./file/model_file.ts";
export { RowError } from "../core/row_error.ts";
export { NotFiniteError } from "./finite.ts";
export { oneHot, type RowLabels } from "./rows/labels.ts";
export type { Matrix, Rows } from "./rows/matrix.ts";
export type { ConditionOptions } from "./rows/model_rows.ts";
export { TrainedVae } from "./trained_vae.ts";
export type {
  DeviceOptions,
  NamedTensor,
  NewParameters,
  SampleOptions,
  ScoreMethod,
} from "./trained_vae.ts";
