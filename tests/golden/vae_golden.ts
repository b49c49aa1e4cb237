/**
 * Reads the golden values written by `scripts/golden/make_vae_golden.py`, `make_categorical_golden.py` and
 * `make_posterior_golden.py`, and computes their tolerance.
 */
import { decode } from "../../src/formats/safetensors/safetensors.ts";
import { type ModelSpec, parseSpec } from "../../src/models/spec.ts";
import { type LatentLayer, latentWidth } from "../../src/models/latents.ts";
import type { FlowSpec } from "../../src/flows/mod.ts";
import { type Objective, parseObjective } from "../../src/objectives/objective.ts";
import { type Optimizer, parseOptimizer } from "../../src/training/optimizer.ts";

export interface GoldenTensor {
  readonly shape: readonly [number, number];
  readonly data: Float32Array | Float64Array;
}

export interface Golden {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  /** The difference between PyTorch's float32 and float64 gradients: see the script. */
  readonly float32Deviation: number;
  tensor(name: string): GoldenTensor;
  /** Tensors whose name starts with `prefix/`, without the prefix. */
  group(prefix: string): Map<string, GoldenTensor>;
}

/** All golden cases of a folder. */
export function readGoldens(folder: "vae" | "categorical" | "posteriors" = "vae"): Golden[] {
  const at = new URL(`./${folder}/`, import.meta.url);
  const files = [...Deno.readDirSync(at)].map(({ name }) => name).sort();
  return files.map((file) => readGolden(Deno.readFileSync(new URL(file, at)), file));
}

/** The file's values for the model's noise, by the name of its input. */
export function noisesOf({ spec, tensor }: Golden): Map<string, GoldenTensor> {
  const names = spec.latent.length === 1 ? ["noise"] : spec.latent.map((_, i) => `noise.${i}`);
  return new Map(names.map((name) => [name, tensor(name)]));
}

/** A golden case from the bytes of its file. */
export function readGolden(bytes: Uint8Array, file: string): Golden {
  const { tensors, metadata } = decode(bytes);
  const asGolden = ({ shape, data }: { shape: readonly number[]; data: unknown }) =>
    ({ shape, data }) as GoldenTensor;
  return {
    name: file.replace(".safetensors", ""),
    spec: parseSpec(JSON.parse(metadata.spec)),
    objective: parseObjective(JSON.parse(metadata.objective)),
    optimizer: parseOptimizer(JSON.parse(metadata.optimizer)),
    float32Deviation: Number(metadata.float32Deviation),
    tensor: (name) => asGolden(tensors.get(name)!),
    group: (prefix) =>
      new Map(
        [...tensors].filter(([name]) => name.startsWith(`${prefix}/`))
          .map(([name, tensor]) => [name.slice(prefix.length + 1), asGolden(tensor)]),
      ),
  };
}

/**
 * The relative error, in units of roundoff, that a gradient may accumulate. n counts one rounding for each term of each
 * sum on the longest path from a weight through the loss and back, plus 8 for each layer's bias and activation in each
 * direction (kernels have errors of up to 4 ULP). n roundings of either sign sum to 4 √n, not n (Higham and Mary, "A
 * new approach to probabilistic rounding error analysis", 2019, with λ = 4). It is relative to the largest element of
 * the tensor, because small elements are differences of large ones. PyTorch's own float32 must be within it too.
 */
export function roundingsOf({ spec, objective, tensor }: Golden): number {
  const { encoder, decoder, inputs } = spec;
  const within = spec.latent.flatMap(widthsOf);
  const widths = [inputs, ...encoder.hidden, ...within, ...decoder.hidden, inputs];
  const layers = widths.length - 1;
  const forwardAndBack = 2 * widths.reduce((sum, width) => sum + width, 0);
  const rows = tensor("x").shape[0] * objective.samples;
  return 4 * Math.sqrt(forwardAndBack + rows + 2 * 8 * layers);
}

/** The layers that a draw of one latent layer goes through: its networks, its flows, and the draw itself. */
function widthsOf(layer: LatentLayer): number[] {
  const flows = layer.type === "gaussian" ? layer.flows : [];
  const ofFlow = (flow: FlowSpec) => [...("hidden" in flow ? flow.hidden : []), latentWidth(layer)];
  return [
    ...(layer.encoder?.hidden ?? []),
    latentWidth(layer),
    ...flows.flatMap(ofFlow),
    ...(layer.decoder?.hidden ?? []),
  ];
}

/** The largest magnitude. */
export function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
