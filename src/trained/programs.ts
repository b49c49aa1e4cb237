/**
 * The forward programs of a model: for each, the graph it runs and the names of what it reads.
 *
 *   classify     x → probabilities [B, C] = q(y | x), for x without its class
 *   encode       x → mean, logVar of z next to the data: the point that stands for q where draws pass through
 *                flows, or hang on draws above; else its moments
 *   moments      x, key → mean, logVar [B, L] by K draws, and mean.<layer>: `moments_program.ts`
 *   decode       z → mean [B, D]
 *   posterior    x, key → z [B, L], one draw of q(z | x)
 *   reconstruct  x → mean, at z = E[z | x]
 *   conditional  x → mean, and p(x | z) as `draw.<parameter>`, at z = E[z | x]
 *   sample       key → z [B, L] ~ p(z), and there mean [B, D] and p(x | z), as `draw.<parameter>`
 *   score        x → cost [B, D] = -ln p(x_d | z) at z = E[z | x], and kl [B, L]: deterministic
 *   rowScores    x → reconstruction [B, 1] = Σ_d cost_d and divergence [B, 1] = Σ kl, of `score`
 *   residuals    x, key → squares [B, D] = (x_d - E[x_d | z])² at one draw of z ~ q(z | x)
 *   evaluate     x, key → logLikelihoods [B, K], logWeights [B, K], for K noisy draws of z, and kl [B, L], or
 *                divergence.<layer> [B, K] = ln q - ln p of each layer's draws
 *   prior        x, key → logLikelihoods [B, K], as logWeights too, for K draws of z ~ p(z)
 *
 * Rows x are [x | c], and z is [z | c], where the model has a condition; `sample` then reads c. Where cells
 * may be missing, rows are [x | c | observed], and missing cells have neither cost nor square. A KL
 * that has no closed form is one column, ln q - ln p at the point, in `score`, and absent in
 * `evaluate`. With a classifier rows are [x | y], and may lack y: `labelled_programs.ts`.
 */
import { batched } from "../core/shape.ts";
import { createGraph } from "../graph/graph.ts";
import { type Layout, type Plan, plan } from "../graph/plan.ts";
import { drawnNoise, type NoiseSource, noNoise } from "../layers/noise.ts";
import { createScope, type Scope } from "../layers/scope.ts";
import { classify, decoder, generate, infer, parametersOf } from "../models/vae_graph.ts";
import { modelTerms } from "../models/model_terms.ts";
import { latentInput, rowsInput } from "../models/batch_rows.ts";
import type { ModelSpec } from "../models/spec.ts";
import { negative, stretched } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import type { Architecture } from "./engine.ts";
import type { ProgramSize } from "./map_rows.ts";
import {
  encodeLabelled,
  evaluateLabelled,
  momentsLabelled,
  reconstructLabelled,
  rowScoresLabelled,
  scoreLabelled,
} from "./labelled_programs.ts";
import { moments, sharedNoise } from "./moments_program.ts";

export type ProgramName =
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

type Outputs = Record<string, Node>;

type Builder = (scope: Scope, spec: ModelSpec, samples: number) => Outputs;

/** Before the names of the parameters of p(x | z) among the outputs. */
export const DRAW = "draw.";

/** Programs at the points that stand for distributions, and programs of draws. */
const BUILDERS: {
  readonly [N in ProgramName]: { readonly noise: NoiseSource; readonly build: Builder };
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

/** What is said of rows that may lack their class. */
const LABELLED: { readonly [N in ProgramName]?: Builder } = {
  encode: encodeLabelled,
  moments: momentsLabelled,
  reconstruct: reconstructLabelled,
  score: (scope, spec) => ({ ...scoreLabelled(scope, spec) }),
  rowScores: rowScoresLabelled,
  evaluate: evaluateLabelled,
};

function classes(scope: Scope, spec: ModelSpec): Outputs {
  const { g } = scope;
  return { probabilities: g.exp(classify(scope, spec, g.input("x", batched(spec.inputs)))) };
}

function encode(scope: Scope, spec: ModelSpec): Outputs {
  const { mean, logVar } = infer(scope, spec, rowsInput(scope.g, spec).all);
  return { mean, logVar };
}

function decode(scope: Scope, spec: ModelSpec): Outputs {
  const { z, condition } = latentInput(scope.g, spec);
  return { mean: decoder(scope, spec, z, { condition }).mean };
}

function reconstruct(scope: Scope, spec: ModelSpec): Outputs {
  const rows = rowsInput(scope.g, spec);
  return { mean: decoder(scope, spec, infer(scope, spec, rows.all).z, rows).mean };
}

function conditional(scope: Scope, spec: ModelSpec): Outputs {
  const rows = rowsInput(scope.g, spec);
  return parametersAt(scope, spec, infer(scope, spec, rows.all).z, rows);
}

function draw(scope: Scope, spec: ModelSpec): Outputs {
  const { g } = scope;
  const z = generate(scope, spec);
  const condition = spec.condition > 0 ? g.input("c", batched(spec.condition)) : undefined;
  return { z, ...parametersAt(scope, spec, z, { condition }) };
}

/** E[x | z], and what a draw of x needs, for every row. */
function parametersAt(
  scope: Scope,
  spec: ModelSpec,
  z: Node,
  rows: Parameters<typeof decoder>[3],
): Outputs {
  const { g } = scope, { mean, parameters } = decoder(scope, spec, z, rows);
  const drawn = Object.entries(parameters).map(([name, node]) => {
    const ofRows = node.shape.batched ? node : stretched(g, node, batched(node.shape.cols));
    return [`${DRAW}${name}`, ofRows];
  });
  return { mean, ...Object.fromEntries(drawn) };
}

function underPosterior(scope: Scope, spec: ModelSpec): Outputs {
  return { z: infer(scope, spec, rowsInput(scope.g, spec).all).z };
}

function score(scope: Scope, spec: ModelSpec): Outputs {
  const { logProb, kl } = atPoint(scope, spec);
  return { cost: negative(scope.g, logProb), kl };
}

function rowScores(scope: Scope, spec: ModelSpec): Outputs {
  const { g } = scope;
  const { logProb, kl } = atPoint(scope, spec);
  return {
    reconstruction: negative(g, g.sumCols(logProb)),
    divergence: g.sumCols(kl),
  };
}

/** ln p(x_d | z) `[B, D]` at z = E[z | x], and the KL `[B, L]`. */
function atPoint(scope: Scope, spec: ModelSpec): { logProb: Node; kl: Node } {
  const { g } = scope;
  const rows = rowsInput(g, spec);
  const { z, klPerDimension, logPosterior, logPrior } = infer(scope, spec, rows.all);
  return {
    logProb: decoder(scope, spec, z, rows).logProb(rows.x),
    kl: klPerDimension ?? g.sub(logPosterior, logPrior),
  };
}

function residuals(scope: Scope, spec: ModelSpec): Outputs {
  const { g } = scope;
  const rows = rowsInput(g, spec), { x, observed } = rows;
  const { z } = infer(scope, spec, rows.all);
  const residual = g.sub(x, decoder(scope, spec, z, rows).mean);
  const squares = g.mul(residual, residual);
  return { squares: observed ? g.mul(squares, observed) : squares };
}

function evaluate(scope: Scope, spec: ModelSpec, samples: number): Outputs {
  const terms = modelTerms(scope, spec, rowsInput(scope.g, spec), { samples });
  const { logLikelihoods, logWeights, klPerDimension, divergences } = terms;
  return {
    logLikelihoods,
    logWeights,
    ...(klPerDimension
      ? { kl: klPerDimension }
      : Object.fromEntries(divergences.map((each, i) => [`divergence.${i}`, each]))),
  };
}

function underPrior(scope: Scope, spec: ModelSpec, samples: number): Outputs {
  const { g } = scope;
  const rows = rowsInput(g, spec), { x } = rows;
  const conditional = decoder(scope, spec, generate(scope, spec, samples), rows);
  const target = samples === 1 ? x : g.repeatRows(x, { times: samples });
  const perDraw = g.sumCols(conditional.logProb(target));
  const logLikelihoods = g.reshape(perDraw, batched(samples));
  // Drawn from p(z) itself, the weights are the likelihoods.
  return { logLikelihoods, logWeights: logLikelihoods };
}

/** Builds the graph of a program into a scope, whose noise it uses; its outputs by name. */
export function buildForward(
  name: ProgramName,
  scope: Scope,
  spec: ModelSpec,
  samples = 1,
): Outputs {
  const build = spec.classifier && LABELLED[name] || BUILDERS[name].build;
  return build(scope, spec, samples);
}

/** The plan of a program. */
export function forwardPlan(
  name: ProgramName,
  spec: ModelSpec,
  parameters: Layout,
  { capacity, samples = 1 }: ProgramSize,
): Plan {
  const g = createGraph();
  const { noise } = BUILDERS[name];
  const outputs = buildForward(name, createScope(g, { noise }), spec, samples);
  return plan(g, { outputs, capacity, parameters });
}

/** The model as `Engine` takes it. */
export function vaeArchitecture(spec: ModelSpec): Architecture<ProgramName> {
  return {
    parameters: parametersOf(spec),
    plan: (name, parameters, size) => forwardPlan(name, spec, parameters, size),
  };
}
