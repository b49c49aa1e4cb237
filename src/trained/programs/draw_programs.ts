/** Forward programs with draws of z from q(z | x) or p(z). `programs.ts` lists their outputs. */
import { batched } from "../../core/shape.ts";
import type { Scope } from "../../layers/scope.ts";
import { rowsInput } from "../../models/batch_rows.ts";
import { modelTerms } from "../../models/model_terms.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { decoder, generate, infer } from "../../models/vae_graph.ts";
import { repeated } from "../../ops/shorthand.ts";
import { type Outputs, parametersAt } from "./point_programs.ts";

export function draw(scope: Scope, spec: ModelSpec): Outputs {
  const { g } = scope;
  const z = generate(scope, spec);
  const condition = spec.condition > 0 ? g.input("c", batched(spec.condition)) : undefined;
  return { z, ...parametersAt(scope, spec, z, { condition }) };
}

export function underPosterior(scope: Scope, spec: ModelSpec): Outputs {
  return { z: infer(scope, spec, rowsInput(scope.g, spec).all).z };
}

export function residuals(scope: Scope, spec: ModelSpec): Outputs {
  const { g } = scope;
  const rows = rowsInput(g, spec), { x, observed } = rows;
  const { z } = infer(scope, spec, rows.all);
  const residual = g.sub(x, decoder(scope, spec, z, rows).mean);
  const squares = g.mul(residual, residual);
  return { squares: observed ? g.mul(squares, observed) : squares };
}

export function evaluate(scope: Scope, spec: ModelSpec, samples: number): Outputs {
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

export function underPrior(scope: Scope, spec: ModelSpec, samples: number): Outputs {
  const { g } = scope;
  const rows = rowsInput(g, spec), { x } = rows;
  const conditional = decoder(scope, spec, generate(scope, spec, samples), rows);
  const perDraw = g.sumCols(conditional.logProb(repeated(g, x, samples)));
  const logLikelihoods = g.reshape(perDraw, batched(samples));
  // For draws from p(z) the weights are the likelihoods.
  return { logLikelihoods, logWeights: logLikelihoods };
}
