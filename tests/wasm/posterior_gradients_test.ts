/**
 * The gradients of a posterior as one instruction (posterior_gradients.ts): which plans are changed, and that no bit of
 * a step is. Oracle: the plan as it was, by the elementwise kernels.
 */
import { deepEqual, equal } from "node:assert/strict";
import type { Backend, SyncProgram } from "../../src/backends/backend.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { FULL_KERNELS } from "../../src/backends/wasm/kernels/full.ts";
import { withPosteriorGradients } from "../../src/backends/wasm/rewrites/posterior_gradients.ts";
import { withProductSums } from "../../src/backends/wasm/rewrites/product_sums.ts";
import { withScalarOperands } from "../../src/backends/wasm/rewrites/scalar_operands.ts";
import { batched, fixed, SCALAR } from "../../src/core/shape.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { type Plan, plan } from "../../src/graph/plan.ts";
import type { Node } from "../../src/ops/spec.ts";
import { bytesOf, openCrew } from "../util/threads.ts";
import { numbers } from "./debug_kernels.ts";

const CAPACITY = 70, INPUTS = 5;
const LIMITS = { low: -30, high: 20 };
const NONE = { activation: "identity" } as const;

interface Options {
  readonly latent: number;
  readonly limits?: { readonly low: number; readonly high: number };
  /** More outputs, of the posterior's nodes. */
  readonly outputs?: (g: Graph, mean: Node, logVar: Node, z: Node) => Record<string, Node>;
}

/** The gradients of a small VAE's loss by all parameters. */
function lossPlan({ latent, limits = LIMITS, outputs }: Options) {
  const layers = { mean: [INPUTS, latent], logVar: [INPUTS, latent], back: [latent, INPUTS] };
  const specs = Object.entries(layers).flatMap(([name, [rows, cols]]) => [
    { name, rows, cols },
    { name: `${name} bias`, rows: 1, cols },
  ]);
  const g = createGraph(), x = g.input("x", batched(INPUTS));
  const nodes = specs.map(({ name, rows, cols }) => g.parameter(name, rows, cols));
  const weight = g.input("weight", SCALAR), noise = g.input("noise", batched(latent));
  const mean = g.dense(x, nodes[0], nodes[1], NONE);
  const logVar = g.clamp(g.dense(x, nodes[2], nodes[3], NONE), limits);
  const z = g.reparameterize(mean, logVar, noise);
  const kl = g.gaussianKl(mean, logVar), back = g.dense(z, nodes[4], nodes[5], NONE);
  const logProb = g.gaussianLogProb(x, back, g.input("variance", fixed(1, 1)));
  const meanOf = (each: Node) => g.sumRows(g.sumCols(each), { mean: true });
  const cost = g.affine(meanOf(logProb), { scale: -1, offset: 0 });
  const loss = g.add(cost, g.mul(weight, meanOf(kl)));
  const gradients = gradient(g, loss, nodes);
  const parameters = layOut("parameters", specs);
  const named = Object.fromEntries(specs.map(({ name }, i) => [name, gradients[i]]));
  const all = { ...named, ...outputs?.(g, mean, logVar, z) };
  return { parameters, planned: plan(g, { outputs: all, capacity: CAPACITY, parameters }) };
}

const before = (planned: Plan) => withScalarOperands(withProductSums(planned));
const countOf = (planned: Plan) =>
  withPosteriorGradients(before(planned)).instructions
    .filter(({ op, inputs }) => op === "clampGrad" && inputs.length === 6).length;

/** The bytes of every output. `scale`: the size of parameters, and so of log-variances. */
function bytesFrom(
  backend: Backend<SyncProgram>,
  options: Options,
  rows: number,
  scale: number,
): Uint8Array[] {
  const { planned, parameters } = lossPlan(options);
  const segment = backend.allocate(parameters.length);
  segment.write(0, numbers(parameters.length, 1).map((each) => each * scale));
  const program = backend.compile(planned, { parameters: segment });
  program.write("x", numbers(rows * INPUTS, 2));
  program.write("noise", numbers(rows * options.latent, 3));
  program.write("weight", [0.7]);
  program.write("variance", [0.3]);
  program.run(rows);
  const bytes = Array.from(
    planned.outputs,
    ([name, { shape: { rows: height, cols, batched } }]) => {
      const result = new Float32Array((batched ? rows : 1) * height * cols).fill(-1);
      program.read(name, result);
      return bytesOf(result);
    },
  );
  program.dispose();
  return bytes;
}

for (const build of ["simd", "relaxed"] as const) {
  Deno.test(`${build}: the gradients of a posterior have the bits of the elementwise kernels, on 1, 2 and 3 threads`, async () => {
    const oracle = openWasm({ ...FULL_KERNELS, arrange: before }, { build });
    const backends = [
      openWasm(FULL_KERNELS, { build }),
      await openCrew({ build, threads: 2 }),
      await openCrew({ build, threads: 3 }),
    ];
    for (const latent of [4, 8, 20, 64]) {
      equal(countOf(lossPlan({ latent }).planned), 1, `${latent}`);
      for (const rows of [1, 2, 7, 32, CAPACITY]) {
        // At a scale of 1 log-variances are small; at 30 some are beyond both limits.
        for (const scale of [1, 30, NaN]) {
          const expected = bytesFrom(oracle, { latent }, rows, scale);
          for (const backend of backends) {
            deepEqual(bytesFrom(backend, { latent }, rows, scale), expected, `${latent} ${rows}`);
          }
        }
      }
    }
    for (const backend of [oracle, ...backends]) backend.dispose();
  });
}

Deno.test("the chain stays where rows of latent dimensions are not whole vectors, or limits are too far", () => {
  equal(countOf(lossPlan({ latent: 6 }).planned), 0);
  equal(countOf(lossPlan({ latent: 8, limits: { low: -90, high: 20 } }).planned), 0);
  equal(countOf(lossPlan({ latent: 8, limits: { low: -30, high: 89 } }).planned), 0);
  equal(countOf(lossPlan({ latent: 8, limits: { low: -87, high: 88 } }).planned), 1);
});

Deno.test("the chain stays if something else reads a step of it", () => {
  const count = (outputs: Options["outputs"]) => countOf(lossPlan({ latent: 8, outputs }).planned);
  equal(count((_, mean, logVar, z) => ({ mean, logVar, z })), 1);
  equal(count((g, _, logVar) => ({ variance: g.exp(logVar) })), 0);
  equal(count((g, mean, _, z) => ({ deviation: g.sub(z, mean) })), 0);
  equal(count((g, mean, _, z) => ({ y: g.log(g.sub(z, mean)) })), 0);
});
