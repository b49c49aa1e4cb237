/**
 * A likelihood by itself, on a decoder whose outputs are the same for every row (the weights of its heads are 0, their
 * biases given), so that each column of x has known parameters.
 */
import { VAE } from "../../mod.ts";
import { batched, fixed } from "../../src/core/shape.ts";
import { likelihood, parseLikelihood } from "../../src/distributions/likelihood.ts";
import type { LikelihoodInput } from "../../src/distributions/likelihoods/options.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { plan } from "../../src/graph/plan.ts";
import { createScope, type Scope } from "../../src/layers/scope.ts";
import type { Node } from "../../src/ops/spec.ts";
import { deviceOf, type Executor, open, REFERENCE } from "../util/executors.ts";

export type Parameters = Readonly<Record<string, readonly number[]>>;

/** A scope whose parameters are inputs, so that tests can set them. */
export function inputScope(g: Graph, training = false): { scope: Scope; declared: Node[] } {
  const declared: Node[] = [];
  const scope: Scope = {
    ...createScope(g, { training }),
    declare(name, rows, cols) {
      const node = g.input(name, fixed(rows, cols));
      if (!declared.includes(node)) declared.push(node);
      return node;
    },
  };
  return { scope, declared };
}

export interface Evaluated {
  /** `[R, D]` */
  readonly logProb: Float64Array;
  /** `[D]` */
  readonly mean: Float64Array;
  /** Derivatives of the sum of logProb, by parameter. */
  readonly gradients: Readonly<Record<string, Float64Array>>;
}

const NO_PARAMETERS = { length: 0, places: new Map() };

/** ln p of rows x `[R, D]`, the mean, and the derivatives by the given parameters. */
export function evaluateLikelihood(
  executor: Executor,
  input: LikelihoodInput,
  parameters: Parameters,
  x: readonly (readonly number[])[],
): Evaluated {
  const rows = x.length, columns = x[0].length;
  const g = createGraph();
  const { scope, declared } = inputScope(g);
  const spec = parseLikelihood("likelihood", input, columns);
  const hidden = g.input("hidden", batched(1));
  const conditional = likelihood(scope, hidden, { inputs: columns, likelihood: spec });
  const logProb = conditional.logProb(g.input("x", batched(columns)));
  const loss = g.sumRows(g.sumCols(logProb), { mean: false });
  const wanted = declared.filter(({ name }) => name in parameters);
  const gradients = gradient(g, loss, wanted);
  const outputs = {
    logProb,
    mean: conditional.mean,
    ...Object.fromEntries(gradients.map((node, i) => [wanted[i].name, node])),
  };
  const backend = open(executor);
  const compiled = plan(g, { outputs, capacity: rows, parameters: NO_PARAMETERS });
  const program = backend.compile(compiled, { parameters: backend.allocate(0) });
  program.write("hidden", new Float64Array(rows));
  program.write("x", x.flat());
  for (const { name, shape } of declared) {
    if (!compiled.inputs.has(name)) continue;
    program.write(name, parameters[name] ?? new Float64Array(shape.rows * shape.cols));
  }
  program.run(rows);
  const read = (name: string, length: number) => {
    const values = new Float64Array(length);
    program.read(name, values);
    return values;
  };
  const evaluated = {
    logProb: read("logProb", rows * columns),
    mean: read("mean", rows * columns).slice(0, columns),
    gradients: Object.fromEntries(
      wanted.map(({ name, shape }) => [name, read(name, shape.rows * shape.cols)]),
    ),
  };
  backend.dispose();
  return evaluated;
}

/** A model with one latent dimension, which its decoder ignores. */
export function constantModel(
  likelihood: LikelihoodInput,
  parameters: Parameters,
  inputs: number,
  executor: Executor = REFERENCE,
): VAE {
  const vae = VAE.create({ inputs, latent: [{ size: 1 }], likelihood }, deviceOf(executor));
  const values = new Map<string, { data: ArrayLike<number> }>();
  for (const [name, { data }] of vae.parameters()) {
    if (/^decoder\..*weight$/.test(name)) values.set(name, { data: data.fill(0) });
  }
  for (const [name, data] of Object.entries(parameters)) values.set(name, { data });
  vae.setParameters(values);
  return vae;
}
