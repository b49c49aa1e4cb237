/** What all peers are given: random weights and rows, and the same model in each peer's format. */
import { TrainedVae } from "../../src/scoring/trained_vae.ts";
import { HostRandom } from "../../src/core/philox.ts";
import { compileProbe } from "../lib/compile.ts";
import { loadElbow, namedWeights, specOf } from "../lib/elbow.ts";
import { layersOf, pathsOf, readModel, ROWS, type Workload, WORKLOADS } from "../lib/workloads.ts";

const STREAM = 1000;

/** Fills a folder with models, rows, model files of Elbow and the probe. */
export async function prepare(folder: string): Promise<void> {
  const elbow = await loadElbow();
  await Deno.writeFile(`${folder}/probe.wasm`, await compileProbe("relaxed"));
  for (const [index, workload] of WORKLOADS.entries()) {
    const random = new HostRandom(1, index, STREAM);
    const paths = pathsOf(folder, workload.name);
    await Deno.writeFile(paths.weights, bytesOf(startingWeights(workload, random)));
    await Deno.writeFile(paths.rows, bytesOf(someRows(workload, random)));
    const spec = elbow.spec.parseSpec(specOf(workload));
    const values = namedWeights(elbow, spec, readModel(folder, workload.name));
    const vae = new TrainedVae(spec, values);
    await Deno.writeFile(`${folder}/${workload.name}.safetensors`, vae.save());
    vae.dispose();
  }
}

/** Weights and biases U(±1/√fanIn), as PyTorch starts its layers: biases that are not zero show. */
function startingWeights(workload: Workload, random: HostRandom): Float32Array<ArrayBuffer> {
  const all = layersOf(workload).flatMap(([inputs, outputs]) => {
    const bound = 1 / Math.sqrt(inputs);
    const length = inputs * outputs + outputs;
    return Array.from({ length }, () => bound * (2 * random.uniformF64() - 1));
  });
  return Float32Array.from(all);
}

/**
 * Columns with means of their own, so that a few steps of training show: within [0, 1] for a Bernoulli
 * likelihood.
 */
function someRows({ inputs, likelihood }: Workload, random: HostRandom): Float32Array<ArrayBuffer> {
  const [scale, centre] = likelihood === "bernoulli" ? [0.25, 0.5] : [1, 0];
  const means = Array.from({ length: inputs }, () => 2 * random.uniformF64() - 1);
  return Float32Array.from({ length: ROWS * inputs }, (_, i) => {
    const value = means[i % inputs] + 2 * random.uniformF64() - 1;
    return centre + scale * value;
  });
}

function bytesOf(values: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer);
}
