/**
 * Fully connected layers: y = f(x · W + b), W [I, O] and b [1, O], named `<name>.weight` and
 * `<name>.bias`; and stacks of them, named `<name>.0`, `<name>.1`, …
 *
 * Weights are initialised as in Glorot and Bengio (2010), or as in He et al. (2015) where half of the activations are
 * cut off (relu, elu); biases start at zero.
 */
import type { Graph } from "../graph/graph.ts";
import type { Activation } from "../ops/names.ts";
import { product } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { identity } from "./matrices.ts";
import type { Initializer, Scope } from "./scope.ts";

/** @returns `[r, outputs]` for x `[r, inputs]` */
export function dense(
  scope: Scope,
  name: string,
  x: Node,
  outputs: number,
  activation: Activation = "identity",
): Node {
  const weight = scope.declare(`${name}.weight`, x.shape.cols, outputs, weightsFor(activation));
  const bias = scope.declare(`${name}.bias`, 1, outputs, { type: "constant", value: 0 });
  const [repeated, appended] = x.op === "concatCols" ? x.inputs : [];
  return repeated?.op === "repeatRows"
    ? denseOnRepeated(scope.g, repeated, appended, { weight, bias, activation })
    : scope.g.dense(x, weight, bias, { activation });
}

/**
 * A dense layer on `[a | b]` where the rows of a are repeated, such as a row paired with each class: the product with a
 * is computed once per distinct row.
 */
function denseOnRepeated(
  g: Graph,
  repeated: Node,
  b: Node,
  { weight, bias, activation }: { weight: Node; bias: Node; activation: Activation },
): Node {
  const [a] = repeated.inputs, times = Number(repeated.attrs.times);
  const { cols: sharedCols } = a.shape, { cols: ownCols } = b.shape;
  const shared = g.dense(g.padCols(a, { before: 0, after: ownCols }), weight, bias, {
    activation: "identity",
  });
  const ownRows = g.padCols(identity(g, ownCols), { before: sharedCols, after: 0 });
  const own = product(g, b, product(g, ownRows, weight));
  return g.activation(g.add(g.repeatRows(shared, { times }), own), { kind: activation });
}

/**
 * Consecutive hidden layers; x itself if there are none. With `skip`, the result is [h | x]: a dense layer on it
 * computes W·h + V·x, so the linear part need not pass through the hidden layers.
 */
export function mlp(
  scope: Scope,
  name: string,
  x: Node,
  { hidden, activation, skip = false }: {
    readonly hidden: readonly number[];
    readonly activation: Activation;
    readonly skip?: boolean;
  },
): Node {
  const last = hidden.reduce(
    (h, width, i) => dense(scope, `${name}.${i}`, h, width, activation),
    x,
  );
  return skip && last !== x ? scope.g.concatCols(last, x) : last;
}

function weightsFor(activation: Activation): Initializer {
  return { type: activation === "relu" || activation === "elu" ? "he" : "xavier" };
}
