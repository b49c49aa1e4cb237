/**
 * Fully connected layers: y = f(x · W + b), W [I, O] and b [1, O], named `<name>.weight` and
 * `<name>.bias`; and stacks of them, named `<name>.0`, `<name>.1`, …
 *
 * Weights start as Glorot and Bengio (2010) propose, or as He et al. (2015) where half of the
 * activations are cut off (relu, elu); biases start at zero.
 */
import type { Activation } from "../ops/names.ts";
import type { Node } from "../ops/spec.ts";
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
  return scope.g.dense(x, weight, bias, { activation });
}

/** Hidden layers one after the other; x itself if there are none. */
export function mlp(
  scope: Scope,
  name: string,
  x: Node,
  { hidden, activation }: { readonly hidden: readonly number[]; readonly activation: Activation },
): Node {
  return hidden.reduce((h, width, i) => dense(scope, `${name}.${i}`, h, width, activation), x);
}

function weightsFor(activation: Activation): Initializer {
  return { type: activation === "relu" || activation === "elu" ? "he" : "xavier" };
}
