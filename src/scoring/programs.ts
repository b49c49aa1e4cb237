/**
 * The forward programs of a model: for each, the graph it runs and the names of what it reads.
 *
 *   encode       x → mean, logVar
 *   decode       z → mean [B, D]
 *   reconstruct  x → mean, at z = E[z | x]
 *   sample       key → mean [B, D] and p(x | z), as `draw.<parameter>`, at z ~ p(z)
 *   score        x → cost [B, D] = -ln p(x_d | z) at z = E[z | x], and kl [B, L]: deterministic
 *   residuals    x, key → squares [B, D] = (x_d - E[x_d | z])² at one draw of z ~ q(z | x)
 *   evaluate     x, key → logLikelihoods [B, K], logWeights [B, K], kl [B, L], for K noisy draws of z
 */
import { batched, fixed } from "../core/shape.ts";
import { STREAMS } from "../core/streams.ts";
import { klToStandardNormal, sample } from "../distributions/diagonal_gaussian.ts";
import { createGraph, type Graph } from "../graph/graph.ts";
import { type Layout, type Plan, plan } from "../graph/plan.ts";
import { createScope, type Scope } from "../layers/scope.ts";
import { decoder, encoder } from "../models/vae_graph.ts";
import type { ModelSpec } from "../models/spec.ts";
import { elboTerms } from "../objectives/elbo.ts";
import type { Node } from "../ops/spec.ts";

export type ProgramName =
  | "encode"
  | "decode"
  | "reconstruct"
  | "sample"
  | "score"
  | "residuals"
  | "evaluate";

/** The most rows of a run, and the draws of `evaluate` for each. */
export interface ProgramSize {
  readonly capacity: number;
  readonly samples?: number;
}

type Outputs = Record<string, Node>;

/** Before the names of the parameters of p(x | z) among the outputs of `sample`. */
export const DRAW = "draw.";

const BUILDERS: {
  readonly [N in ProgramName]: (scope: Scope, spec: ModelSpec, samples: number) => Outputs;
} = {
  encode: (scope, spec) => ({ ...encoder(scope, spec, rowsInput(scope.g, spec)) }),

  decode(scope, spec) {
    const z = scope.g.input("z", batched(spec.latent[0].size));
    return { mean: decoder(scope, spec, z).mean };
  },

  reconstruct(scope, spec) {
    const q = encoder(scope, spec, rowsInput(scope.g, spec));
    return { mean: decoder(scope, spec, q.mean).mean };
  },

  sample(scope, spec): Outputs {
    const { g } = scope;
    const key = randomKey(g);
    const z = g.randomNormal(key, { ...batched(spec.latent[0].size), stream: STREAMS.prior });
    const { mean, parameters } = decoder(scope, spec, z);
    const drawn = Object.entries(parameters).map(([name, node]) => {
      const ofRows = { ...batched(node.shape.cols), mean: false };
      return [`${DRAW}${name}`, node.shape.batched ? node : g.broadcast(node, ofRows)];
    });
    return { mean, ...Object.fromEntries(drawn) };
  },

  score(scope, spec) {
    const { g } = scope;
    const x = rowsInput(g, spec);
    const q = encoder(scope, spec, x);
    const logProb = decoder(scope, spec, q.mean).logProb(x);
    return { cost: g.affine(logProb, { scale: -1, offset: 0 }), kl: klToStandardNormal(g, q) };
  },

  residuals(scope, spec) {
    const { g } = scope;
    const x = rowsInput(g, spec);
    const z = sample(g, encoder(scope, spec, x), posteriorNoise(g, spec, 1));
    const residual = g.sub(x, decoder(scope, spec, z).mean);
    return { squares: g.mul(residual, residual) };
  },

  evaluate(scope, spec, samples) {
    const { g } = scope;
    const x = rowsInput(g, spec);
    const q = encoder(scope, spec, x);
    const noise = posteriorNoise(g, spec, samples);
    const terms = elboTerms(g, x, q, (z) => decoder(scope, spec, z), noise);
    const { logLikelihoods, logWeights, kl } = terms;
    return { logLikelihoods, logWeights, kl };
  },
};

/** The plan of a program. */
export function forwardPlan(
  name: ProgramName,
  spec: ModelSpec,
  parameters: Layout,
  { capacity, samples = 1 }: ProgramSize,
): Plan {
  const g = createGraph();
  const outputs = BUILDERS[name](createScope(g), spec, samples);
  return plan(g, { outputs, capacity, parameters });
}

/** The rows of data, `[B, D]`. */
export function rowsInput(g: Graph, spec: ModelSpec): Node {
  return g.input("x", batched(spec.inputs));
}

/** Standard normal draws for z ~ q(z | x), `[K·B, L]`, from the input `key` (`ops/random.ts`). */
export function posteriorNoise(g: Graph, spec: ModelSpec, samples: number): Node {
  const shape = batched(spec.latent[0].size, samples);
  return g.randomNormal(randomKey(g), { ...shape, stream: STREAMS.posterior });
}

/** `[seedLow, seedHigh, step, firstRow]`: see `ops/random.ts`. */
function randomKey(g: Graph): Node {
  return g.input("key", fixed(1, 4), { integer: true });
}
