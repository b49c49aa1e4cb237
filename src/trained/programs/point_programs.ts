/** Forward programs without draws: they use a single point for q(z | x). `programs.ts` lists their outputs. */
import { batched } from "../../core/shape.ts";
import type { Scope } from "../../layers/scope.ts";
import { latentInput, rowsInput } from "../../models/batch_rows.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { classify, decoder, infer } from "../../models/vae_graph.ts";
import { negative, stretched } from "../../ops/shorthand.ts";
import type { Node } from "../../ops/spec.ts";

/** Nodes by the names of a program's outputs. */
export type Outputs = Record<string, Node>;

export function classes(scope: Scope, spec: ModelSpec): Outputs {
  const { g } = scope;
  return { probabilities: g.exp(classify(scope, spec, g.input("x", batched(spec.inputs)))) };
}

export function encode(scope: Scope, spec: ModelSpec): Outputs {
  const { mean, logVar } = infer(scope, spec, rowsInput(scope.g, spec).all);
  return { mean, logVar };
}

export function decode(scope: Scope, spec: ModelSpec): Outputs {
  const { z, condition } = latentInput(scope.g, spec);
  return { mean: decoder(scope, spec, z, { condition }).mean };
}

export function reconstruct(scope: Scope, spec: ModelSpec): Outputs {
  const rows = rowsInput(scope.g, spec);
  return { mean: decoder(scope, spec, infer(scope, spec, rows.all).z, rows).mean };
}

export function conditional(scope: Scope, spec: ModelSpec): Outputs {
  const rows = rowsInput(scope.g, spec);
  return parametersAt(scope, spec, infer(scope, spec, rows.all).z, rows);
}

/** Prefix of the outputs that are parameters of p(x | z). */
export const DRAW_PREFIX = "draw.";

/** E[x | z], and the parameters that draws of x need, for every row. */
export function parametersAt(
  scope: Scope,
  spec: ModelSpec,
  z: Node,
  rows: Parameters<typeof decoder>[3],
): Outputs {
  const { g } = scope, { mean, parameters } = decoder(scope, spec, z, rows);
  const drawn = Object.entries(parameters).map(([name, node]) => {
    const perRow = node.shape.batched ? node : stretched(g, node, batched(node.shape.cols));
    return [`${DRAW_PREFIX}${name}`, perRow];
  });
  return { mean, ...Object.fromEntries(drawn) };
}

export function score(scope: Scope, spec: ModelSpec): Outputs {
  const { logProb, kl } = atPosteriorMean(scope, spec);
  return { cost: negative(scope.g, logProb), kl };
}

export function rowScores(scope: Scope, spec: ModelSpec): Outputs {
  const { g } = scope;
  const { logProb, kl } = atPosteriorMean(scope, spec);
  return {
    reconstruction: negative(g, g.sumCols(logProb)),
    divergence: g.sumCols(kl),
  };
}

/** ln p(x_d | z) `[B, D]` at z = E[z | x], and the KL `[B, L]`. */
function atPosteriorMean(scope: Scope, spec: ModelSpec): { logProb: Node; kl: Node } {
  const { g } = scope;
  const rows = rowsInput(g, spec);
  const { z, klPerDimension, logPosterior, logPrior } = infer(scope, spec, rows.all);
  return {
    logProb: decoder(scope, spec, z, rows).logProb(rows.x),
    kl: klPerDimension ?? g.sub(logPosterior, logPrior),
  };
}
