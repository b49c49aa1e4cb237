/**
 * The forward programs of a model, with their inputs and outputs:
 *
 *   classify     x → probabilities [B, C] = q(y | x), for x without its class
 *   encode       x → mean, logVar of z next to the data: the moments of q(z | x), or, behind flows and in a ladder,
 *                the point that represents it
 *   moments      x, key → mean, logVar [B, L] from K draws, and mean.<layer>: `moments_program.ts`
 *   decode       z → mean [B, D]
 *   posterior    x, key → z [B, L], one draw of q(z | x)
 *   reconstruct  x → mean, at z = E[z | x]
 *   conditional  x → mean, and p(x | z) as `draw.<parameter>`, at z = E[z | x]
 *   sample       key → z [B, L] ~ p(z), and at this z mean [B, D] and p(x | z), as `draw.<parameter>`
 *   score        x → cost [B, D] = -ln p(x_d | z) at z = E[z | x], and kl [B, L]: deterministic
 *   rowScores    x → reconstruction [B, 1] = Σ_d cost_d and divergence [B, 1] = Σ kl, of `score`
 *   residuals    x, key → squares [B, D] = (x_d - E[x_d | z])² at one draw of z ~ q(z | x)
 *   evaluate     x, key → logLikelihoods [B, K], logWeights [B, K], for K noisy draws of z, and kl [B, L], or
 *                divergence.<layer> [B, K] = ln q - ln p of each layer's draws
 *   prior        x, key → logLikelihoods [B, K], also as logWeights, for K draws of z ~ p(z)
 *
 * If the model has a condition, rows x are [x | c] and z is [z | c], and `sample` also reads c. If cells may be
 * missing, rows are [x | c | observed], and missing cells have neither cost nor square. A KL without a closed form is
 * one column, ln q - ln p at the point, in `score`, and absent in `evaluate`. With a classifier rows are [x | y], and y
 * may be unknown: `labelled_programs.ts`. `sparse score`, `sparse reconstruct` and `sparse conditional` take rows with
 * a mask also of models that refuse missing cells: `calls/fill_missing.ts`.
 */
import { createGraph } from "../../graph/graph.ts";
import { type Layout, type Plan, plan } from "../../graph/plan.ts";
import { drawnNoise, type NoiseSource, noNoise } from "../../layers/noise.ts";
import { createScope, type Scope } from "../../layers/scope.ts";
import { parametersOf } from "../../models/vae_graph.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { Architecture } from "../engine.ts";
import type { ProgramSize } from "./program_size.ts";
import {
  encodeLabelled,
  evaluateLabelled,
  momentsLabelled,
  reconstructLabelled,
  rowScoresLabelled,
  scoreLabelled,
} from "./labelled_programs.ts";
import { moments, sharedNoise } from "./moments_program.ts";
import { draw, evaluate, residuals, underPosterior, underPrior } from "./draw_programs.ts";
import {
  classes,
  conditional,
  decode,
  encode,
  type Outputs,
  reconstruct,
  rowScores,
  score,
} from "./point_programs.ts";

type PlainName =
  | "classify"
  | "encode"
  | "moments"
  | "decode"
  | "posterior"
  | "reconstruct"
  | "conditional"
  | "sample"
  | "score"
  | "rowScores"
  | "residuals"
  | "evaluate"
  | "prior";

/** Programs that there are for rows with missing cells too. */
export type SparseName = "reconstruct" | "conditional" | "score";

export type ProgramName = PlainName | `sparse ${SparseName}`;

type Builder = (scope: Scope, spec: ModelSpec, samples: number) => Outputs;

/** The programs, and the noise of each: none for a point, drawn for draws. */
const BUILDERS: {
  readonly [N in PlainName]: { readonly noise: NoiseSource; readonly build: Builder };
} = {
  classify: { noise: noNoise, build: classes },
  encode: { noise: noNoise, build: encode },
  moments: { noise: sharedNoise, build: moments },
  decode: { noise: noNoise, build: decode },
  posterior: { noise: drawnNoise, build: underPosterior },
  reconstruct: { noise: noNoise, build: reconstruct },
  conditional: { noise: noNoise, build: conditional },
  sample: { noise: drawnNoise, build: draw },
  score: { noise: noNoise, build: score },
  rowScores: { noise: noNoise, build: rowScores },
  residuals: { noise: drawnNoise, build: residuals },
  evaluate: { noise: drawnNoise, build: evaluate },
  prior: { noise: drawnNoise, build: underPrior },
};

/** The model of the sparse programs; its parameters are the same. */
export function acceptingMissing(spec: ModelSpec): ModelSpec {
  return { ...spec, missing: spec.missing ?? "zero" };
}

/** Programs that differ for models with a classifier, where the class of a row may be unknown. */
const LABELLED: { readonly [N in PlainName]?: Builder } = {
  encode: encodeLabelled,
  moments: momentsLabelled,
  reconstruct: reconstructLabelled,
  score: (scope, spec) => ({ ...scoreLabelled(scope, spec) }),
  rowScores: rowScoresLabelled,
  evaluate: evaluateLabelled,
};

/** Builds the graph of a program in a scope, whose noise it uses. Returns its outputs by name. */
export function buildForward(
  name: PlainName,
  scope: Scope,
  spec: ModelSpec,
  samples = 1,
): Outputs {
  const build = spec.classifier && LABELLED[name] || BUILDERS[name].build;
  return build(scope, spec, samples);
}

/** Plans a program. */
export function forwardPlan(
  name: ProgramName,
  spec: ModelSpec,
  parameters: Layout,
  { capacity, samples = 1 }: ProgramSize,
): Plan {
  const g = createGraph(), plain = name.replace("sparse ", "") as PlainName;
  const model = plain === name ? spec : acceptingMissing(spec);
  const { noise } = BUILDERS[plain];
  const outputs = buildForward(plain, createScope(g, { noise }), model, samples);
  return plan(g, { outputs, capacity, parameters });
}

/** The model as an `Architecture` for `Engine`. */
export function vaeArchitecture(spec: ModelSpec): Architecture<ProgramName> {
  return {
    parameters: parametersOf(spec),
    plan: (name, parameters, size) => forwardPlan(name, spec, parameters, size),
  };
}
