/**
 * A small program that a device must reproduce before it is used by default: one step of a small VAE, forward and
 * backward, with products, noise, densities, row sums, a log-sum-exp and sums over the batch. The oracle is the float64
 * reference.
 *
 * Tolerance: that of `graph/cost.ts`, relative to the largest element of a result, or one.
 */
import { type Accelerator, type Backend, GpuError, type Program } from "../../backends/backend.ts";
import { openBackend } from "../../backends/open.ts";
import { HostRandom } from "../../core/random/philox.ts";
import { batched, fixed, sizeAt } from "../../core/shape.ts";
import { relativeRounding } from "../../graph/cost.ts";
import { gradient } from "../../graph/gradient.ts";
import { createGraph } from "../../graph/graph.ts";
import { type Plan, plan } from "../../graph/plan.ts";

const ROWS = 5, COLUMNS = 7, LATENT = 3;
const NO_PARAMETERS = { length: 0, places: new Map() };

/** @throws GpuError if the device's results differ, or it fails */
export async function requireSelfTest(device: Accelerator): Promise<void> {
  const reference = openBackend("reference");
  try {
    const compiled = testPlan(), limit = relativeRounding(compiled);
    const got = await resultsOf(device, compiled), want = await resultsOf(reference, compiled);
    for (const [name, expected] of want) {
      const scale = expected.reduce((max, each) => Math.max(max, Math.abs(each)), 1);
      expected.forEach((value, i) => {
        const actual = got.get(name)![i];
        if (Math.abs(actual - value) <= limit * scale) return;
        throw new GpuError(
          `Cannot trust the GPU: ${name} of the self-test must be ${value}, got ${actual}`,
        );
      });
    }
  } finally {
    reference.dispose();
  }
}

/** Inputs x, weight, bias and back; outputs the loss, its derivatives, and a bound over the columns. */
function testPlan(): Plan {
  const g = createGraph();
  const x = g.input("x", batched(COLUMNS)), weight = g.input("weight", fixed(COLUMNS, LATENT));
  const bias = g.input("bias", fixed(1, LATENT)), back = g.input("back", fixed(LATENT, COLUMNS));
  const mean = g.dense(x, weight, bias, { activation: "tanh" });
  const logVar = g.affine(mean, { scale: 0.5, offset: -0.25 });
  const key = g.input("key", fixed(1, 4), { integer: true });
  const noise = g.randomNormal(key, { rows: 1, cols: LATENT, batched: true, stream: 1 });
  const logits = g.matmul(g.reparameterize(mean, logVar, noise), back, {
    ...{ transposeA: false, transposeB: false },
  });
  const cost = g.sub(
    g.sumCols(g.gaussianKl(mean, logVar)),
    g.sumCols(g.bernoulliLogProb(x, logits)),
  );
  const loss = g.sumRows(cost, { mean: true });
  const [dWeight, dBias, dBack] = gradient(g, loss, [weight, bias, back]);
  const outputs = { loss, dWeight, dBias, dBack, bound: g.logSumExpCols(logits) };
  return plan(g, { outputs, capacity: ROWS, parameters: NO_PARAMETERS });
}

async function resultsOf(on: Backend, compiled: Plan): Promise<ReadonlyMap<string, Float64Array>> {
  const segment = on.allocate(0), program: Program = on.compile(compiled, { parameters: segment });
  const random = new HostRandom(1, 0, 0);
  try {
    for (const [name, { shape, integer }] of compiled.inputs) {
      const length = sizeAt(shape, ROWS);
      program.write(
        name,
        integer ? [1, 2, 3, 0] : Array.from({ length }, () => random.uniformF32()),
      );
    }
    await program.run(ROWS);
    return new Map(
      await Promise.all([...compiled.outputs].map(async ([name, { shape }]) => {
        const into = new Float64Array(sizeAt(shape, ROWS));
        await program.read(name, into);
        return [name, into] as const;
      })),
    );
  } finally {
    program.dispose();
    segment.dispose();
  }
}
