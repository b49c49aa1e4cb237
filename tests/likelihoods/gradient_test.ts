/**
 * The derivative of every likelihood by every parameter, and by the decoder's hidden layer, against central differences
 * on the float64 reference; that of a training step if it differs.
 */
import { batched, sizeAt } from "../../src/core/shape.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { likelihood, parseLikelihood } from "../../src/distributions/likelihood.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { assertGradients } from "../gradient/finite_difference.ts";
import { dataFor, LIKELIHOOD_CASES } from "./cases.ts";
import { inputScope } from "./probe.ts";

const ROWS = 4, HIDDEN = 2;

for (const each of LIKELIHOOD_CASES) {
  for (const training of each.name === "gaussian optimal" ? [false, true] : [false]) {
    const what = `${each.name}${training ? " in training" : ""}`;
    Deno.test(`the log-likelihood ${what} has the gradient of finite differences`, () => {
      const g = createGraph();
      const { scope, declared } = inputScope(g, training);
      const hidden = g.input("hidden", batched(HIDDEN));
      const x = g.input("x", batched(each.columns));
      const spec = parseLikelihood("likelihood", each.likelihood, each.columns);
      const logProb = likelihood(scope, hidden, { inputs: each.columns, likelihood: spec }).logProb(
        x,
      );
      // Weights, so that columns and rows cannot be confused.
      const weights = g.input("weights", logProb.shape);
      const loss = g.sumRows(g.sumCols(g.mul(logProb, weights)), { mean: false });
      const random = new HostRandom(5, 0, 0);
      const wanted = [hidden, ...declared];
      const drawn = [...wanted, weights].map(({ name, shape }) => {
        const draw = () => 2 * random.uniformF64() - 1;
        return [name, Array.from({ length: sizeAt(shape, ROWS) }, draw)] as const;
      });
      const values = { ...Object.fromEntries(drawn), x: dataFor(each, ROWS, 3).flat() };
      assertGradients(g, loss, wanted, values, ROWS, what);
    });
  }
}
