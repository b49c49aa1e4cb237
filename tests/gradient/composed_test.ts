/** Whole objectives against central differences: see objectives.ts. */
import { assertGradients } from "./finite_difference.ts";
import { bernoulliElbos, importanceWeightedBound } from "./objectives.ts";
import type { Differentiable } from "./weighted_loss.ts";

function check({ g, loss, wrt, values, rows, what }: Differentiable): void {
  assertGradients(g, loss, wrt, values, rows, what);
}

Deno.test("the Bernoulli ELBO has the gradient of finite differences", () => {
  bernoulliElbos().forEach(check);
});

Deno.test("the importance-weighted bound has the gradient of finite differences", () => {
  check(importanceWeightedBound());
});
