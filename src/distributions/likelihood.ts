/**
 * p(x | z): what stands on top of the decoder. One entry for each likelihood; a spec that names a
 * likelihood without an entry does not compile.
 *
 *   bernoulli  x·l - softplus(l)                    l = logits, from the decoder
 *   gaussian   -½ (ln 2π + ln σ² + (x - μ)² / σ²)   μ from the decoder; σ² fixed, shared or per column
 *
 * Learned variances are the parameter `likelihood.logVar`, starting at 0: σ-VAE, Rybkin et al., 2021.
 */
import type { Graph } from "../graph/graph.ts";
import { dense } from "../layers/mlp.ts";
import type { Scope } from "../layers/scope.ts";
import type { Node } from "../ops/spec.ts";
import { clampLogVariance } from "./diagonal_gaussian.ts";

/**
 * The kinds of likelihood, and what a spec says of each. A Gaussian's variance is a fixed number, or
 * learned: one for all columns or one for each; learned ones never fall under `minVariance`.
 */
export interface LikelihoodOptions {
  /** Data in [0, 1]. */
  readonly bernoulli: { readonly type: "bernoulli" };
  /** Any finite data. */
  readonly gaussian: {
    readonly type: "gaussian";
    readonly variance: number | "shared" | "perFeature";
    readonly minVariance: number;
  };
}

/** A likelihood with its parameters for some rows of z. */
export interface Conditional {
  /** E[x | z], `[r, D]`. */
  readonly mean: Node;
  /** ln σ², broadcastable to `[r, D]`; only where there is noise to add to the mean. */
  readonly logVar?: Node;
  /** ln p(x | z) per column, nats, `[r, D]`, for x `[r, D]`. */
  logProb(x: Node): Node;
}

type LikelihoodBuilder<S> = (scope: Scope, hidden: Node, inputs: number, spec: S) => Conditional;

const LIKELIHOODS: {
  readonly [T in keyof LikelihoodOptions]: LikelihoodBuilder<LikelihoodOptions[T]>;
} = {
  bernoulli(scope, hidden, inputs) {
    const { g } = scope;
    const logits = dense(scope, "decoder.logits", hidden, inputs);
    return {
      // Built only if asked for: scoring needs the logits alone.
      get mean() {
        return g.activation(logits, { kind: "sigmoid" });
      },
      logProb: (x) => g.bernoulliLogProb(x, logits),
    };
  },

  gaussian(scope, hidden, inputs, spec) {
    const { g } = scope;
    const mean = dense(scope, "decoder.mean", hidden, inputs);
    const logVar = gaussianLogVariance(scope, inputs, spec);
    return { mean, logVar, logProb: (x) => g.gaussianLogProb(x, mean, logVar) };
  },
};

/** Builds the likelihood that `spec` names on the decoder's last hidden layer. */
export function likelihood<T extends keyof LikelihoodOptions>(
  scope: Scope,
  hidden: Node,
  inputs: number,
  spec: LikelihoodOptions[T] & { readonly type: T },
): Conditional {
  return LIKELIHOODS[spec.type](scope, hidden, inputs, spec);
}

function gaussianLogVariance(
  scope: Scope,
  inputs: number,
  { variance, minVariance }: LikelihoodOptions["gaussian"],
): Node {
  const g: Graph = scope.g;
  if (typeof variance === "number") return g.constant(Math.log(variance));
  const columns = variance === "shared" ? 1 : inputs;
  const logVar = scope.declare("likelihood.logVar", 1, columns, { type: "constant", value: 0 });
  return clampLogVariance(g, logVar, Math.log(minVariance));
}
