/**
 * A class y that rows may lack: q(y | x) beside the conditional model p(x | y, z), q(z | x, y), whose condition is y,
 * one-hot (model M2 of Kingma, Rezende, Mohamed and Welling, "Semi-supervised learning with deep generative models",
 * 2014). p(y) is uniform.
 *
 * The conditional model sees every row C times, once with each class; objectives weight the resulting terms.
 */
import type { Graph } from "../graph/graph.ts";
import { forEachRow, identity } from "../layers/matrices.ts";
import type { Scope } from "../layers/scope.ts";
import type { Terms } from "../objectives/terms.ts";
import type { Node } from "../ops/spec.ts";
import type { ModelSpec } from "./spec.ts";
import { classify } from "./vae_graph.ts";
import { modelTerms, type TermsRequest } from "./model_terms.ts";
import type { BatchRows } from "./batch_rows.ts";

/** The terms of `[x | y]`, y one-hot or zeros, evaluated for every class in place of y. */
export function labelledTerms(
  scope: Scope,
  spec: ModelSpec,
  { x, condition }: BatchRows & { readonly condition: Node },
  { samples, encoderInput = x }: Omit<TermsRequest, "reference"> = {},
): Terms & { readonly mean: Node } {
  const rows = withEveryClass(scope.g, spec, x);
  const repeated = (node: Node) => scope.g.repeatRows(node, { times: spec.condition });
  // Without corruption, `seen` stays the same node as x.
  const terms = modelTerms(scope, spec, rows, {
    samples,
    encoderInput: encoderInput === x ? rows.x : repeated(encoderInput),
  });
  return {
    ...terms,
    labels: { given: condition, logPosterior: classify(scope, spec, encoderInput) },
  };
}

/** Rows `[B, D]`, each repeated with every class appended; row r with class c is at r·C + c. */
export function withEveryClass(
  g: Graph,
  { condition: classes }: ModelSpec,
  x: Node,
): BatchRows & { readonly condition: Node } {
  const condition = forEachRow(g, identity(g, classes)),
    repeated = g.repeatRows(x, { times: classes });
  return { all: g.concatCols(repeated, condition), x: repeated, condition };
}

/** Σ_y share_y · value_y for every row: shares `[B, C]`, values `[C·B, n]`, result `[B, n]`. */
export function overClasses(g: Graph, shares: Node, perClass: Node): Node {
  const classes = shares.shape.cols;
  const column = g.reshape(shares, { rows: classes, cols: 1, batched: true });
  return g.sumGroups(g.mul(perClass, column), { size: classes });
}

/** ln Σ_y e^(value_y) for every row and column: values `[C·B, K]`, result `[B, K]`. */
export function logSumOverClasses(g: Graph, perClass: Node, classes: number): Node {
  const { cols: draws, batched } = perClass.shape;
  const flat = g.reshape(perClass, { rows: 1, cols: classes * draws, batched });
  const columns = Array.from({ length: classes }, (_, y) => {
    const ofClass = g.sliceCols(flat, { start: y * draws, count: draws });
    return g.reshape(ofClass, { rows: draws, cols: 1, batched });
  });
  const joined = columns.reduce((a, b) => g.concatCols(a, b));
  return g.reshape(g.logSumExpCols(joined), { rows: 1, cols: draws, batched });
}
