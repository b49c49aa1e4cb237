/**
 * A class y that rows may lack: q(y | x) beside the conditional model p(x | y, z), q(z | x, y), whose
 * condition it is, one-hot (Kingma, Rezende, Mohamed and Welling, "Semi-supervised learning with deep
 * generative models", 2014: their M2). p(y) is uniform.
 *
 * The conditional model sees every row C times, once with each class: objectives weigh these terms.
 */
import type { Graph } from "../graph/graph.ts";
import { identity } from "../layers/mlp.ts";
import type { Scope } from "../layers/scope.ts";
import type { Terms } from "../objectives/terms.ts";
import type { Node } from "../ops/spec.ts";
import type { ModelSpec } from "./spec.ts";
import { type BatchRows, classify, modelTerms, type TermsRequest } from "./vae_graph.ts";

/** The terms of `[x | y]`, y one-hot or zeros, for every class in place of y. */
export function labelledTerms(
  scope: Scope,
  spec: ModelSpec,
  { x, condition }: BatchRows & { readonly condition: Node },
  { samples, seen = x }: Omit<TermsRequest, "reference"> = {},
): Terms & { readonly mean: Node } {
  const { g } = scope;
  const classes = spec.condition;
  const each = everyClass(g, classes, condition);
  const repeated = (node: Node) => g.repeatRows(node, { times: classes });
  const rows = { all: g.concatCols(repeated(x), each), x: repeated(x), condition: each };
  // An x that is seen as it is stays one node.
  const terms = modelTerms(scope, spec, rows, {
    samples,
    seen: seen === x ? rows.x : repeated(seen),
  });
  return { ...terms, labels: { given: condition, logPosterior: classify(scope, spec, seen) } };
}

/** The identity `[C, C]` for each row of the batch, `[C·B, C]`. */
function everyClass(g: Graph, classes: number, { shape: { batched } }: Node): Node {
  const flat = { rows: 1, cols: classes * classes, batched: false };
  const ofRows = g.broadcast(g.reshape(identity(g, classes), flat), {
    ...flat,
    batched,
    mean: false,
  });
  return g.reshape(ofRows, { rows: classes, cols: classes, batched });
}
