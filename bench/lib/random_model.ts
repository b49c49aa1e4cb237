/** Models with random weights and rows for them, the same in every run. */
import { HostRandom } from "../../src/core/random/philox.ts";
import { layersOf, type Model, type Workload } from "./workloads.ts";

const STREAM = 1000;

export function randomModel(workload: Workload, rows: number, seed: number): Model {
  const random = new HostRandom(seed, 0, STREAM);
  const weights = startingWeights(workload, random);
  return { workload, weights, rows: someRows(workload, rows, random) };
}

/** Weights and biases U(±1/√fanIn), as in PyTorch; biases that are not zero reveal errors. */
function startingWeights(workload: Workload, random: HostRandom): Float32Array<ArrayBuffer>[] {
  return layersOf(workload).flatMap(([inputs, outputs]) => {
    const bound = 1 / Math.sqrt(inputs);
    return [inputs * outputs, outputs].map((length) =>
      Float32Array.from({ length }, () => bound * (2 * random.uniformF64() - 1))
    );
  });
}

/**
 * Columns with different means, so that a few training steps have an effect; within [0, 1] for a Bernoulli likelihood.
 */
function someRows(
  { inputs, likelihood }: Workload,
  rows: number,
  random: HostRandom,
): Float32Array<ArrayBuffer> {
  const [scale, centre] = likelihood === "bernoulli" ? [0.25, 0.5] : [1, 0];
  const means = Array.from({ length: inputs }, () => 2 * random.uniformF64() - 1);
  return Float32Array.from({ length: rows * inputs }, (_, i) => {
    const value = means[i % inputs] + 2 * random.uniformF64() - 1;
    return centre + scale * value;
  });
}
