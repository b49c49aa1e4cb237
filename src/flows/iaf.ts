/**
 * Inverse autoregressive flow (Kingma et al., 2016, algorithm 1): each dimension is gated by the dimensions before it,
 * all computed in parallel.
 *
 *   z'_k = σ_k z_k + (1 - σ_k) m_k, σ = sigmoid(s), (m, s) = MADE(z, row)      ln |det| = Σ ln σ
 *
 * s starts near 1.5, as the authors advise, so the gate is nearly open. Odd flows reverse the order of the dimensions.
 */
import { requireObject } from "../core/validate.ts";
import { betweenHidden, fromInputs, toOutputs } from "../layers/made.ts";
import type { Scope } from "../layers/scope.ts";
import { negative, product } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import type { FlowFamily } from "./flow.ts";
import { parseHidden } from "./hidden.ts";

/** An inverse autoregressive flow. */
export interface IafFlow {
  /** Each dimension is transformed as a function of those before it. */
  readonly type: "iaf";
  /** Widths of the network's hidden layers, all equal; default [64]. */
  readonly hidden: readonly number[];
}

const OPEN_GATE = 1.5;

export const iaf: FlowFamily<IafFlow> = {
  parse(field, value) {
    const fields = requireObject(field, value, ["type", "hidden"]);
    const hidden = parseHidden(`${field}.hidden`, fields.hidden);
    if (hidden.every((width) => width === hidden[0])) return { type: "iaf", hidden };
    throw new RangeError(
      `Cannot read ${field}.hidden: widths must be equal, got ${hidden}`,
    );
  },
  apply(scope, { hidden: [width, ...rest] }, { name, z, index, amortise }) {
    const { g } = scope;
    const reach = { inputs: z.shape.cols, isReversed: index % 2 === 1 };
    const tanh = (h: Node) => g.activation(h, { kind: "tanh" });
    const first = product(g, z, fromInputs(scope, `${name}.z`, reach, width));
    const h = rest.reduce((h, _, i) => {
      const weight = betweenHidden(scope, `${name}.${i}`, width);
      return tanh(
        g.dense(h, weight, bias(scope, `${name}.${i}`, width, 0), { activation: "identity" }),
      );
    }, tanh(g.add(first, amortise("row", width))));
    const head = (part: string, start: number) => {
      const weight = toOutputs(scope, `${name}.${part}`, reach, width);
      const offset = bias(scope, `${name}.${part}`, reach.inputs, start);
      return g.dense(h, weight, offset, { activation: "identity" });
    };
    const gateLogits = head("gate", OPEN_GATE), target = head("mean", 0);
    const gate = g.activation(gateLogits, { kind: "sigmoid" });
    const negativeLogGate = g.activation(negative(g, gateLogits), { kind: "softplus" });
    return {
      z: g.add(target, g.mul(gate, g.sub(z, target))),
      logDet: negative(g, g.sumCols(negativeLogGate)),
    };
  },
};

function bias(scope: Scope, name: string, cols: number, value: number): Node {
  return scope.declare(`${name}.bias`, 1, cols, { type: "constant", value });
}
