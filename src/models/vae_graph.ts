/**
 * The variational autoencoder as graph: q(z | x) and p(x | z) of a spec, and its parameters.
 *
 *   q(z | x) = N(μ(x), diag(e^logVar(x)))    encoder.0 … encoder.mean, encoder.logVar
 *   p(x | z) = the spec's likelihood         decoder.0 … decoder.mean or decoder.logits
 */
import { batched } from "../core/shape.ts";
import { clampLogVariance, type DiagonalGaussian } from "../distributions/diagonal_gaussian.ts";
import { type Conditional, likelihood } from "../distributions/likelihood.ts";
import { layOut } from "../graph/layout.ts";
import { createGraph } from "../graph/graph.ts";
import type { Layout } from "../graph/plan.ts";
import { dense, mlp } from "../layers/mlp.ts";
import { createScope, type ParameterSpec, type Scope } from "../layers/scope.ts";
import type { Node } from "../ops/spec.ts";
import type { ModelSpec } from "./spec.ts";

/** q(z | x) for rows x `[r, D]`. */
export function encoder(scope: Scope, spec: ModelSpec, x: Node): DiagonalGaussian {
  const hidden = mlp(scope, "encoder", x, spec.encoder);
  const { size } = spec.latent[0];
  const mean = dense(scope, "encoder.mean", hidden, size);
  const logVar = dense(scope, "encoder.logVar", hidden, size);
  return { mean, logVar: clampLogVariance(scope.g, logVar) };
}

/** p(x | z) for rows z `[r, L]`. */
export function decoder(scope: Scope, spec: ModelSpec, z: Node): Conditional {
  const hidden = mlp(scope, "decoder", z, spec.decoder);
  return likelihood(scope, hidden, spec.inputs, spec.likelihood);
}

/** Every parameter of the model, in the order in which building it declares them. */
export function parametersOf(spec: ModelSpec): readonly ParameterSpec[] {
  const scope = createScope(createGraph());
  const q = encoder(scope, spec, scope.g.input("x", batched(spec.inputs)));
  decoder(scope, spec, q.mean).logProb(scope.g.input("x", batched(spec.inputs)));
  return scope.declared;
}

/** Places of the parameters within the segment that all programs of a model share. */
export function parameterLayout(parameters: readonly ParameterSpec[]): Layout {
  return layOut("parameters", parameters);
}
