/**
 * What all peers get: random weights and rows, the same model in each peer's format, and Elbow's entry point for
 * scoring in one file.
 */
import { TrainedVae } from "../../src/trained/trained_vae.ts";
import { bundleEntry } from "../lib/bundle.ts";
import { compileProbe } from "../lib/compile.ts";
import { loadElbow } from "../lib/elbow.ts";
import { namedWeights, specOf } from "../lib/models.ts";
import { randomModel } from "../lib/random_model.ts";
import { pathsOf, ROWS, WORKLOADS } from "../lib/workloads.ts";

/** Fills a folder with models, rows, model files of Elbow, its bundle and the probe. */
export async function prepare(folder: string): Promise<void> {
  const elbow = await loadElbow();
  await bundleEntry("networks", `${folder}/elbow.js`);
  await Deno.writeFile(`${folder}/probe.wasm`, await compileProbe("relaxed"));
  for (const [seed, workload] of WORKLOADS.entries()) {
    const model = randomModel(workload, ROWS, seed);
    const paths = pathsOf(folder, workload.name);
    await Deno.writeFile(paths.weights, new Blob([...model.weights]).stream());
    await Deno.writeFile(paths.rows, new Blob([model.rows]).stream());
    const spec = elbow.spec.parseSpec(specOf(workload));
    const vae = new TrainedVae(spec, namedWeights(elbow, spec, model));
    await Deno.writeFile(`${folder}/${workload.name}.safetensors`, vae.save());
    vae.dispose();
  }
}
