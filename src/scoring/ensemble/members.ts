/**
 * The networks, regressions and references of an ensemble as one program. Input: a row of each view. Outputs:
 *
 *   residual.VIEW   [B, F]  mean over the members of (x_f - E_m[x_f | z])² / σ_f², σ_f² out of fold
 *   kl.VIEW         [B, 1]  mean over the members of KL(q_m(z | x) ‖ p(z)), nats
 *   linear.VIEW     [B, F]  (x P)_f / √P_ff, P the inverse covariance: the residual of x_f under the linear regression
 *                           on all other features, in its standard deviations
 *   nearest.VIEW    [B, K]  indices of the K references r nearest to x, nearest first, by
 *                           ‖x - r‖² - ‖x‖² = ‖r‖² - 2 x·r, which is one dense layer
 *
 * Members share the row, so a score is one call into WebAssembly, however many members there are.
 */
import { batched } from "../../core/shape.ts";
import type { Layout, Plan } from "../../graph/plan.ts";
import { plan } from "../../graph/plan.ts";
import { createGraph } from "../../graph/graph.ts";
import { createScope, type ParameterSpec, type Scope } from "../../layers/scope.ts";
import { decoder, infer } from "../../models/vae_graph.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { scaled, sum } from "../../ops/shorthand.ts";
import type { Node } from "../../ops/spec.ts";
import { candidatesPerRow } from "./neighbours.ts";
import type { ViewName } from "../views/view.ts";

/** The sizes of one view's part. */
export interface PartSpec {
  readonly view: ViewName;
  readonly features: number;
  /** Networks, each with the same spec. */
  readonly members: number;
  readonly spec: ModelSpec;
  readonly references: number;
}

/** An output of the program for one view, without the view's name. */
export type PartOutput = "residual" | "kl" | "linear" | "nearest";

/** Prefix of a member's parameter names. */
export const memberPrefix = (view: ViewName, member: number): string => `${view}.${member}.`;

/** The wanted outputs as a graph, and the parameters that they need. */
export interface StatisticsGraph {
  readonly parameters: readonly ParameterSpec[];
  /** The program, for at most `capacity` rows. */
  plan(parameters: Layout, capacity: number): Plan;
}

/** Builds the graph once for all programs: in a process that has just started, building takes as long as planning. */
export function statisticsGraph(
  parts: readonly PartSpec[],
  wanted: ReadonlySet<PartOutput>,
): StatisticsGraph {
  const g = createGraph(), scope = createScope(g), outputs = outputsOf(scope, parts, wanted);
  return {
    parameters: scope.declared,
    plan: (parameters, capacity) => plan(g, { outputs, capacity, parameters }),
  };
}

/** Outputs of the program by name, such as `residual.VIEW`. */
export function outputsOf(
  scope: Scope,
  parts: readonly PartSpec[],
  wanted: ReadonlySet<PartOutput>,
): Record<string, Node> {
  const entries = parts.flatMap((part) => {
    const all = outputsOfPart(scope, part, wanted);
    return Object.entries(all).map(([name, node]) => [`${name}.${part.view}`, node] as const);
  });
  return Object.fromEntries(entries);
}

function outputsOfPart(
  scope: Scope,
  part: PartSpec,
  wanted: ReadonlySet<PartOutput>,
): { [Name in PartOutput]?: Node } {
  const { g } = scope, { view, features, references } = part;
  const x = g.input(`x.${view}`, batched(features));
  const declare = (name: string, rows: number, cols: number) =>
    scope.declare(`${view}.${name}`, rows, cols, { type: "constant", value: 0 });
  const linear = (name: string, cols: number) =>
    g.dense(x, declare(`${name}.weight`, features, cols), declare(`${name}.bias`, 1, cols), {
      activation: "identity",
    });
  return {
    ...(wanted.has("residual") || wanted.has("kl") ? membersOf(scope, part, x, declare) : {}),
    ...(wanted.has("linear") && { linear: linear("linear", features) }),
    ...(wanted.has("nearest") && {
      nearest: g.smallestCols(linear("references", references), {
        count: candidatesPerRow(references),
      }),
    }),
  };
}

function membersOf(
  scope: Scope,
  { view, features, members, spec }: PartSpec,
  x: Node,
  declare: (name: string, rows: number, cols: number) => Node,
): { residual: Node; kl: Node } {
  const { g } = scope;
  const each = Array.from({ length: members }, (_, m) => {
    const memberScope = prefixed(scope, memberPrefix(view, m));
    const { z, klPerDimension } = infer(memberScope, spec, x);
    const residual = g.sub(x, decoder(memberScope, spec, z).mean);
    return { squares: g.mul(residual, residual), kl: g.sumCols(klPerDimension!) };
  });
  // 1 / (M σ_f²): the mean over members and the scale in one multiplication.
  const precision = declare("precision", 1, features);
  return {
    residual: g.mul(sum(g, each.map(({ squares }) => squares)), precision),
    kl: scaled(g, sum(g, each.map(({ kl }) => kl)), 1 / members),
  };
}

/** A scope that prefixes the names of its parameters. */
function prefixed(scope: Scope, prefix: string): Scope {
  return {
    ...scope,
    declare: (name, rows, cols, initializer) =>
      scope.declare(prefix + name, rows, cols, initializer),
  };
}
