/**
 * Whole objectives to differentiate: two-layer autoencoders whose z is drawn inside the graph, with the ELBO and the
 * importance-weighted bound, for every parameter.
 */
import { HostRandom } from "../../src/core/random/philox.ts";
import { batched, fixed, type Shape, sizeAt } from "../../src/core/shape.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import type { Activation } from "../../src/ops/names.ts";
import type { Node } from "../../src/ops/spec.ts";
import type { Differentiable } from "./weighted_loss.ts";

const ROWS = 3, DATA = 5, HIDDEN = 4, LATENT = 2;

/** A model under construction. Its parameters are inputs, so that differences can vary them. */
class Model {
  readonly g: Graph = createGraph();
  readonly weights: Node[] = [];
  readonly x = this.g.input("x", batched(DATA));
  readonly key = this.g.input("key", fixed(1, 4), { integer: true });

  weight(name: string, shape: Shape): Node {
    const node = this.g.input(name, shape);
    this.weights.push(node);
    return node;
  }

  dense(name: string, x: Node, cols: number, activation: Activation): Node {
    const weight = this.weight(`${name} weight`, fixed(x.shape.cols, cols));
    return this.g.dense(x, weight, this.weight(`${name} bias`, fixed(1, cols)), { activation });
  }

  posterior(activation: Activation): { mean: Node; logVar: Node } {
    const hidden = this.dense("encoder", this.x, HIDDEN, activation);
    const mean = this.dense("mean", hidden, LATENT, "identity");
    const logVar = this.dense("logVar", hidden, LATENT, "identity");
    return { mean, logVar: this.g.clamp(logVar, { low: -30, high: 20 }) };
  }

  noise(samples: number): Node {
    return this.g.randomNormal(this.key, { ...batched(LATENT, samples), stream: 0 });
  }

  differentiable(loss: Node, what: string): Differentiable {
    const random = new HostRandom(17, 0, 0);
    const uniform = (low: number, high: number, shape: Shape) =>
      Array.from(
        { length: sizeAt(shape, ROWS) },
        () => low + (high - low) * random.uniformF64(),
      );
    const values = {
      x: uniform(0, 1, this.x.shape),
      key: [123, 4, 5, 6],
      ...Object.fromEntries(this.weights.map(({ name, shape }) => [name, uniform(-1, 1, shape)])),
    };
    return { g: this.g, loss, wrt: this.weights, values, rows: ROWS, what };
  }
}

/** The Bernoulli ELBO. */
export function bernoulliElbos(): Differentiable[] {
  return (["tanh", "softplus", "sigmoid"] as const).map((activation) => {
    const model = new Model(), { g, x } = model;
    const { mean, logVar } = model.posterior(activation);
    const z = g.reparameterize(mean, logVar, model.noise(1));
    const hidden = model.dense("decoder", z, HIDDEN, activation);
    const logits = model.dense("logits", hidden, DATA, "identity");
    const reconstruction = g.sumCols(g.bernoulliLogProb(x, logits));
    const elbo = g.sub(reconstruction, g.sumCols(g.gaussianKl(mean, logVar)));
    const loss = g.affine(g.sumRows(elbo, { mean: true }), { scale: -1, offset: 0 });
    return model.differentiable(loss, activation);
  });
}

/** The importance-weighted bound. */
export function importanceWeightedBound(): Differentiable {
  const samples = 3;
  const model = new Model(), { g } = model;
  const q = model.posterior("tanh");
  const mean = g.repeatRows(q.mean, { times: samples });
  const logVar = g.repeatRows(q.logVar, { times: samples });
  const x = g.repeatRows(model.x, { times: samples });
  const z = g.reparameterize(mean, logVar, model.noise(samples));
  const hidden = model.dense("decoder", z, HIDDEN, "tanh");
  const reconstruction = model.dense("reconstruction", hidden, DATA, "identity");
  const shared = model.weight("log-variance", fixed(1, 1));
  const zero = g.constant(0);
  const logLikelihood = g.sumCols(g.gaussianLogProb(x, reconstruction, shared));
  const logPrior = g.sumCols(g.gaussianLogProb(z, zero, zero));
  const logPosterior = g.sumCols(g.gaussianLogProb(z, mean, logVar));
  const logWeights = g.reshape(
    g.add(logLikelihood, g.sub(logPrior, logPosterior)),
    { ...batched(samples) },
  );
  const bound = g.affine(g.logSumExpCols(logWeights), { scale: 1, offset: -Math.log(samples) });
  return model.differentiable(g.sumRows(bound, { mean: true }), "importance-weighted bound");
}
