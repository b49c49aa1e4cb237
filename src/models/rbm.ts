/**
 * The restricted Boltzmann machine with binary units, as a spec and as a graph (Smolensky, 1986; Hinton, "A practical
 * guide to training restricted Boltzmann machines", 2010). Rows are v `[r, D]`, h `[r, H]`:
 *
 *   E(v, h) = -v·b - h·c - v W hᵀ           p(v, h) = e^-E / Z
 *   F(v)    = -v·b - Σ_j softplus(v W + c)_j      p(v) = e^-F(v) / Z
 *   F(h)    = -h·c - Σ_i softplus(h Wᵀ + b)_i     p(h) = e^-F(h) / Z
 *   p(h_j = 1 | v) = σ(v W + c)_j           p(v_i = 1 | h) = σ(h Wᵀ + b)_i
 *
 * Parameters: weight `[D, H]`, visible.bias `[1, D]`, hidden.bias `[1, H]`. Grey v in [0, 1] is used as it is; F is
 * then still an energy, but p is not a likelihood.
 */
import { requireObject } from "../core/validate.ts";
import { createGraph } from "../graph/graph.ts";
import { createScope, type ParameterSpec, type Scope } from "../layers/scope.ts";
import type { Activation } from "../ops/names.ts";
import { negative } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { parseColumns } from "./columns.ts";
import { requireWidth } from "./width.ts";

/** A complete specification of a machine. */
export interface RbmSpec {
  /** Columns of a row of data. */
  readonly visible: number;
  /** Column names in files; absent if there are none. */
  readonly columns?: readonly string[];
  /** Hidden units. */
  readonly hidden: number;
}

/** @throws TypeError or RangeError naming the field */
export function parseRbmSpec(value: unknown): RbmSpec {
  const fields = requireObject("spec", value, ["visible", "columns", "hidden"]);
  const visible = requireWidth("spec.visible", fields.visible);
  return {
    visible,
    ...parseColumns(fields.columns, visible),
    hidden: requireWidth("spec.hidden", fields.hidden),
  };
}

/** One of the two layers, and what it implies about the other. */
export interface RbmLayer {
  /** The other layer's total input, passed through `activation`, given states `[r, own]`. */
  other(states: Node, activation: Activation): Node;
  /** F(states), nats, `[r, 1]`. */
  freeEnergy(states: Node): Node;
}

/** The machine in both directions, which mirror each other. */
export interface RbmGraph {
  readonly visible: RbmLayer;
  readonly hidden: RbmLayer;
}

export function rbmGraph(scope: Scope, { visible, hidden }: RbmSpec): RbmGraph {
  const { g } = scope;
  const zero = { type: "constant", value: 0 } as const;
  const weight = scope.declare("weight", visible, hidden, { type: "xavier" });
  const visibleBias = scope.declare("visible.bias", 1, visible, zero);
  const hiddenBias = scope.declare("hidden.bias", 1, hidden, zero);
  const layer = (bias: Node, other: RbmLayer["other"]): RbmLayer => ({
    other,
    freeEnergy(states) {
      const linear = g.matmul(states, bias, { transposeA: false, transposeB: true });
      const sum = g.add(linear, g.sumCols(other(states, "softplus")));
      return negative(g, sum);
    },
  });
  return {
    visible: layer(visibleBias, (v, activation) => g.dense(v, weight, hiddenBias, { activation })),
    hidden: layer(hiddenBias, (h, kind) => {
      const product = g.matmul(h, weight, { transposeA: false, transposeB: true });
      return g.activation(g.add(product, visibleBias), { kind });
    }),
  };
}

/** Every parameter, in the order in which building the graph declares them. */
export function rbmParameters(spec: RbmSpec): readonly ParameterSpec[] {
  const scope = createScope(createGraph());
  rbmGraph(scope, spec);
  return scope.declared;
}
