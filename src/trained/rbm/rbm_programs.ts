/**
 * The forward programs of a Boltzmann machine:
 *
 *   score         x → energy [B, 1] = F(x)              hiddenScore  h → energy [B, 1] = F(h)
 *   encode        x → mean [B, H] = p(h = 1 | x)        decode       h → mean [B, D] = p(v = 1 | h)
 *   reconstruct   x → mean [B, D] = p(v = 1 | h) at h = p(h = 1 | x)
 *   gibbs         x, key → draw, mean [B, D] after one sweep
 *   anneal        x, base, from, to, key → logWeight [B, 1], draw [B, D]: see `partition.ts`
 */
import { batched, fixed, SCALAR } from "../../core/shape.ts";
import { STREAMS } from "../../core/random/streams.ts";
import { createGraph } from "../../graph/graph.ts";
import { plan } from "../../graph/plan.ts";
import { drawBinary } from "../../layers/binary_draw.ts";
import { drawnNoise } from "../../layers/noise.ts";
import { createScope, type Scope } from "../../layers/scope.ts";
import { gibbs, halfSweep } from "../../models/gibbs.ts";
import { rbmGraph, rbmParameters, type RbmSpec } from "../../models/rbm.ts";
import type { Node } from "../../ops/spec.ts";
import type { Architecture } from "../engine.ts";

export type RbmProgram =
  | "score"
  | "hiddenScore"
  | "encode"
  | "decode"
  | "reconstruct"
  | "gibbs"
  | "anneal";

const CHAIN = { name: "chain", stream: STREAMS.chain };
const ANNEALING = { name: "annealing", stream: STREAMS.annealing };

type Builder = (scope: Scope, spec: RbmSpec) => Record<string, Node>;

const BUILDERS: { readonly [N in RbmProgram]: Builder } = {
  score: (scope, spec) => {
    return { energy: rbmGraph(scope, spec).visible.freeEnergy(visibleInput(scope, spec)) };
  },
  hiddenScore: (scope, spec) => {
    return { energy: rbmGraph(scope, spec).hidden.freeEnergy(hiddenInput(scope, spec)) };
  },
  encode: (scope, spec) => {
    return { mean: rbmGraph(scope, spec).visible.other(visibleInput(scope, spec), "sigmoid") };
  },
  decode: (scope, spec) => {
    return { mean: rbmGraph(scope, spec).hidden.other(hiddenInput(scope, spec), "sigmoid") };
  },
  reconstruct(scope, spec) {
    const { visible, hidden } = rbmGraph(scope, spec);
    return { mean: hidden.other(visible.other(visibleInput(scope, spec), "sigmoid"), "sigmoid") };
  },
  gibbs: (scope, spec) => ({
    ...gibbs(scope, rbmGraph(scope, spec), visibleInput(scope, spec), CHAIN, 1),
  }),
  anneal,
};

/** The machine as an `Architecture` for `Engine`. */
export function rbmArchitecture(spec: RbmSpec): Architecture<RbmProgram> {
  return {
    parameters: rbmParameters(spec),
    plan(name, parameters, { capacity }) {
      const g = createGraph();
      const outputs = BUILDERS[name](createScope(g, { noise: drawnNoise }), spec);
      return plan(g, { outputs, capacity, parameters });
    },
  };
}

/**
 * One temperature of annealed importance sampling. With a = x W + c and p_β the machine at inverse temperature β, ln
 * p_β(x) = x·((1-β) base + β b) + Σ softplus(β a) + const:
 *
 *   logWeight = ln p_to(x) - ln p_from(x), differences first;  draw = one Gibbs sweep of p_to from x
 */
function anneal(scope: Scope, spec: RbmSpec): Record<string, Node> {
  const { g } = scope;
  const { visible, hidden } = rbmGraph(scope, spec);
  const x = visibleInput(scope, spec), base = g.input("base", fixed(1, spec.visible));
  const [from, to] = [g.input("from", SCALAR), g.input("to", SCALAR)];
  const inputs = visible.other(x, "identity");
  const bias = g.parameter("visible.bias", 1, spec.visible);
  const biasChange = g.matmul(x, g.sub(bias, base), { transposeA: false, transposeB: true });
  const softplus = (beta: Node) => g.activation(g.mul(inputs, beta), { kind: "softplus" });
  const hiddenChange = g.sumCols(g.sub(softplus(to), softplus(from)));
  const hiddenMean = g.activation(g.mul(inputs, to), { kind: "sigmoid" });
  const h = drawBinary(scope, hiddenMean, halfSweep(ANNEALING, 0));
  const machineInput = g.mul(hidden.other(h, "identity"), to);
  const baseInput = g.mul(base, g.sub(g.constant(1), to));
  const mean = g.activation(g.add(machineInput, baseInput), { kind: "sigmoid" });
  return {
    logWeight: g.add(g.mul(biasChange, g.sub(to, from)), hiddenChange),
    draw: drawBinary(scope, mean, halfSweep(ANNEALING, 1)),
  };
}

function visibleInput({ g }: Scope, { visible }: RbmSpec): Node {
  return g.input("x", batched(visible));
}

function hiddenInput({ g }: Scope, { hidden }: RbmSpec): Node {
  return g.input("h", batched(hidden));
}
