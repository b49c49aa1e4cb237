/** Runs small parts of the library on an executor and returns numbers. */
import { batched, fixed, rowsAt, type Shape } from "../../src/core/shape.ts";
import { STREAMS } from "../../src/core/random/streams.ts";
import { splitSeed } from "../../src/core/random/philox.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { type Plan, plan } from "../../src/graph/plan.ts";
import { drawnNoise, type NoiseSource, noNoise } from "../../src/layers/noise.ts";
import { createScope, type Scope } from "../../src/layers/scope.ts";
import { type ModelSpecInput, parseSpec } from "../../src/models/spec.ts";
import { layOut } from "../../src/graph/layout.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import type { Node } from "../../src/ops/spec.ts";
import { forwardPlan } from "../../src/trained/programs/programs.ts";
import { type Executor, open } from "./executors.ts";

export type Parameters = Readonly<Record<string, ArrayLike<number>>>;

const NO_PARAMETERS = { length: 0, places: new Map() };

/** Runs a graph without parameters once and reads every output. */
export function runGraph(
  executor: Executor,
  rows: number,
  build: (g: Graph) => Readonly<Record<string, Node>>,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Float64Array> {
  const g = createGraph();
  const outputs = build(g);
  const request = { outputs, capacity: rows, parameters: NO_PARAMETERS };
  return runPlan(executor, plan(g, request), rows, inputs);
}

/** ln p(x | z), ln w and KL of every draw, by the program that `evaluate` uses, in one run. */
export function drawTerms(
  executor: Executor,
  specInput: ModelSpecInput,
  parameters: Parameters,
  x: ArrayLike<number>,
  { samples, seed = 1 }: { readonly samples: number; readonly seed?: number },
): { logLikelihoods: Float64Array; logWeights: Float64Array; kl: Float64Array } {
  const spec = parseSpec(specInput);
  const rows = x.length / spec.inputs;
  const layout = layOut("parameters", parametersOf(spec));
  const program = forwardPlan("evaluate", spec, layout, { capacity: rows, samples });
  const inputs = { x, key: [...splitSeed(seed), 0, 0] };
  const read = runPlan(executor, program, rows, inputs, (write) => {
    for (const [name, values] of Object.entries(parameters)) {
      write(layout.places.get(name)!.offset, values);
    }
  }, layout.length);
  return { logLikelihoods: read.logLikelihoods, logWeights: read.logWeights, kl: read.kl };
}

/** The normal draws that a model's posterior takes under a key, `[rows · samples, L]`. */
export function drawNoise(
  executor: Executor,
  { rows, latent, samples = 1, seed = 0, step = 0 }: {
    readonly rows: number;
    readonly latent: number;
    readonly samples?: number;
    readonly seed?: number;
    readonly step?: number;
  },
): Float64Array {
  const request = { name: "noise", stream: STREAMS.posterior, shape: batched(latent, samples) };
  const build = (g: Graph) => ({ noise: drawnNoise(g, request) });
  return runGraph(executor, rows, build, { key: [...splitSeed(seed), step, 0] }).noise;
}

/** A scope whose parameters are inputs of the graph, so that a test can set them. */
export function inputScope(g: Graph, noise: NoiseSource = noNoise): Scope {
  return {
    ...createScope(g, { noise }),
    declare: (name, rows, cols) => g.input(name, fixed(rows, cols)),
  };
}

/** An input of `values` numbers as one column of rows. */
export function column(g: Graph, name: string): Node {
  const shape: Shape = { rows: 1, cols: 1, batched: true };
  return g.input(name, shape);
}

function runPlan(
  executor: Executor,
  compiled: Plan,
  rows: number,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
  fill?: (write: (offset: number, values: ArrayLike<number>) => void) => void,
  parameterLength = 0,
): Record<string, Float64Array> {
  const backend = open(executor);
  const parameters = backend.allocate(parameterLength);
  fill?.((offset, values) => parameters.write(offset, values));
  const program = backend.compile(compiled, { parameters });
  for (const [name, values] of Object.entries(inputs)) program.write(name, values);
  program.run(rows);
  const outputs = [...compiled.outputs].map(([name, { shape }]) => {
    const values = new Float64Array(rowsAt(shape, rows) * shape.cols).fill(NaN);
    program.read(name, values);
    return [name, values] as const;
  });
  backend.dispose();
  return Object.fromEntries(outputs);
}
