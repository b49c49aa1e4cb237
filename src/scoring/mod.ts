/**
 * Scoring alone: load a model file and score rows, with no training code and no package.
 *
 * ```ts
 * import { TableScorer } from "./mod.ts";
 * const scorer = await TableScorer.load(bytes);
 * const verdicts = await scorer.score([[5.1, 3.5, 1.4]]);
 * ```
 *
 * @module
 */
// The kernels come first in a bundle: see there.
export { type BackendChoice, useKernels } from "../backends/open_score.ts";
export { Calibration } from "./decisions/calibration.ts";
export type { Evaluation, EvaluationOptions } from "../trained/calls/evaluation.ts";
export type { RowEvaluation } from "../trained/calls/row_sums.ts";
export { NotFiniteError } from "../trained/finite.ts";
export { oneHot, type RowLabels } from "../trained/rows/labels.ts";
export type { Matrix, Rows } from "../trained/rows/matrix.ts";
export type { ConditionOptions } from "../trained/rows/model_rows.ts";
export { ModelFileError } from "../trained/file/model_file.ts";
export type { ModelFile, ModelFileKind } from "../trained/file/model_file.ts";
export type { Cells } from "./table/cells.ts";
export type { Standardization } from "./table/standardize.ts";
export type { CellValue, TableRows } from "./table/table_rows.ts";
export type { ColumnKind, ColumnSchema } from "./table/schema.ts";
export type { SeriesStream, StepVerdict, StreamModel } from "./series/series_stream.ts";
export type { Vote } from "./series/vote.ts";
export type { CellFault } from "../trained/rows/data_rule.ts";
export { TableScorer } from "./table_scorer.ts";
export type { RowScore, ScoreTable, TableModel } from "./table_scorer.ts";
export type {
  AdapterOptions,
  BackendName,
  SegmentFormat,
  WeightFormat,
} from "../backends/backend.ts";
export type * from "../distributions/likelihoods/options.ts";
export type { DType, Tensor, TensorData } from "../formats/safetensors/safetensors.ts";
export type { Relaxation } from "../distributions/categorical_posterior.ts";
export type { CategoricalLatent, Temperature } from "../models/categorical_latent.ts";
export type { DeterministicLatent } from "../models/deterministic_latent.ts";
export type { GaussianLatent, PosteriorForm } from "../models/gaussian_latent.ts";
export type { LatentLayer, LatentOptions, LatentSpec } from "../models/latents.ts";
export type { CouplingFlow } from "../flows/coupling.ts";
export type { IafFlow } from "../flows/iaf.ts";
export type { FlowInput, FlowOptions, FlowSpec } from "../flows/mod.ts";
export type { PlanarFlow } from "../flows/planar.ts";
export type { RadialFlow } from "../flows/radial.ts";
export type { MixturePrior } from "../models/mixture_prior.ts";
export type { VampPrior } from "../models/vamp_prior.ts";
export type { NetworkSpec } from "../models/network.ts";
export type { InferenceDirection } from "../models/spec.ts";
export type { PriorOptions, PriorSpec } from "../models/priors.ts";
export type { Missing, ModelSpec } from "../models/spec.ts";
export { type Activation, ACTIVATIONS } from "../ops/names.ts";
export type { MomentOptions } from "../trained/calls/moments.ts";
export { TrainedVae } from "../trained/trained_vae.ts";
export type {
  DeviceOptions,
  NamedTensor,
  SampleOptions,
  ScoreMethod,
} from "../trained/trained_vae.ts";
