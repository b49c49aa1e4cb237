/**
 * Models from PyTorch: the state_dict of a plain VAE of linear layers, saved as safetensors
 * (`safetensors.torch.save_file(module.state_dict(), path)`). Two kinds are read:
 *
 *   from `writeStateDict`   any model: its spec is in the metadata
 *   from anyone else        nn.Linear layers only: `state_dict_layers.ts` identifies them
 *
 * A state_dict holds only weights: the caller gives activation and likelihood. The second head must give ln Var[z | x],
 * as in PyTorch's own example, and the last layer what the likelihood takes: logits for "bernoulli", the mean for
 * "gaussian" with a given variance.
 */
import { faultOf } from "../core/errors.ts";
import { requireObject } from "../core/validate.ts";
import type { LikelihoodInput } from "../distributions/likelihoods/options.ts";
import { decode, type Tensor } from "../formats/safetensors/safetensors.ts";
import { type ModelSpec, parseSpec } from "../models/spec.ts";
import { parametersOf } from "../models/vae_graph.ts";
import type { Activation } from "../ops/names.ts";
import {
  inferLayers,
  type LayerMap,
  type LinearLayer,
  StateDictError,
} from "./state_dict_layers.ts";
import { transpose } from "./transpose.ts";

/** What a state_dict does not contain. */
export interface StateDictOptions {
  /** Between the layers (default: "relu"). */
  readonly activation?: Activation;
  /** The likelihood, for which the last layer gives the parameter (default: Bernoulli, from logits). */
  readonly likelihood?: LikelihoodInput;
  /** Which layer is which, if shapes and names do not determine it. */
  readonly layers?: LayerMap;
}

/** A complete model. */
export interface ReadModel {
  readonly spec: ModelSpec;
  readonly values: ReadonlyMap<string, Float32Array>;
}

/**
 * Reads a state_dict.
 * @throws StateDictError naming the tensor or layer that does not fit, or for bytes that are not a safetensors file
 * @throws TypeError or RangeError for options that cannot be used
 */
export function readStateDict(bytes: Uint8Array, options: StateDictOptions = {}): ReadModel {
  const given = requireObject("state_dict options", options, [
    "activation",
    "likelihood",
    "layers",
  ]);
  const { tensors, metadata } = asStateDictError(() => decode(bytes));
  if (metadata.spec !== undefined) {
    const spec = asStateDictError(() => parseSpec(JSON.parse(metadata.spec)));
    return { spec, values: collect(spec, (name) => ownTensor(tensors, name)) };
  }
  const layers = linearLayers(tensors);
  const map = given.layers === undefined ? inferLayers(layers) : parseMap(given.layers, layers);
  const spec = specOf(map, layers, options);
  const names = namesOf(spec, map);
  return { spec, values: collect(spec, (name) => foreignTensor(tensors, names, name)) };
}

/** Runs `read`, and turns its errors into a `StateDictError`. */
function asStateDictError<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new StateDictError(faultOf(error as Error), { cause: error });
  }
}

/** Pairs of weight and bias; a plain VAE has no other tensors. */
function linearLayers(tensors: ReadonlyMap<string, Tensor>): LinearLayer[] {
  for (const [name, { dtype, shape }] of tensors) {
    const [, layer, kind] = /^(.+)\.(weight|bias)$/.exec(name) ?? [];
    const ranks = { weight: 2, bias: 1 } as const;
    const fits = dtype === "F32" && kind !== undefined &&
      shape.length === ranks[kind as keyof typeof ranks] &&
      tensors.has(`${layer}.${kind === "weight" ? "bias" : "weight"}`);
    if (fits) continue;
    throw new StateDictError(
      `every tensor must be the float32 weight or bias of a linear layer with both, got "${name}", ${dtype} [${shape}]`,
    );
  }
  const weights = [...tensors].filter(([name]) => name.endsWith(".weight"));
  return weights.map(([name, { shape: [outputs, inputs] }]) => {
    const layer = name.slice(0, -".weight".length);
    const [length] = tensors.get(`${layer}.bias`)!.shape;
    if (length === outputs) return { name: layer, inputs, outputs };
    throw new StateDictError(
      `the bias of "${layer}" must have ${outputs} elements, got ${length}`,
    );
  });
}

function parseMap(value: unknown, layers: readonly LinearLayer[]): LayerMap {
  const map = requireObject("layers", value, ["encoder", "mean", "logVar", "decoder"]);
  const { encoder, mean, logVar, decoder } = map;
  const lists = Array.isArray(encoder) && Array.isArray(decoder);
  const names = lists ? [...encoder, mean, logVar, ...decoder] : [];
  const known = new Set(layers.map(({ name }) => name));
  const isComplete = names.length === known.size && new Set(names).size === names.length &&
    names.every((name) => known.has(name as string)) && (decoder as unknown[]).length > 0;
  if (isComplete) return map as unknown as LayerMap;
  throw new TypeError(
    `Cannot read layers: expected encoder, mean, logVar and decoder to name each of ${
      [...known].join(", ")
    } once`,
  );
}

/** The spec with these layers as its parameters. */
function specOf(
  { encoder, mean, decoder }: LayerMap,
  layers: readonly LinearLayer[],
  { activation = "relu", likelihood = { type: "bernoulli" } }: StateDictOptions,
): ModelSpec {
  const layer = (name: string) => layers.find((each) => each.name === name)!;
  const widths = (names: readonly string[]) => names.map((name) => layer(name).outputs);
  return parseSpec({
    inputs: layer(encoder[0] ?? mean).inputs,
    encoder: { hidden: widths(encoder), activation },
    decoder: { hidden: widths(decoder.slice(0, -1)), activation },
    latent: [{ size: layer(mean).outputs }],
    likelihood,
  });
}

/** The foreign layer for each of ours. */
function namesOf(
  spec: ModelSpec,
  { encoder, mean, logVar, decoder }: LayerMap,
): ReadonlyMap<string, string> {
  const ownNames = parametersOf(spec).filter(({ name }) => name.endsWith(".weight"))
    .map(({ name }) => name.slice(0, -".weight".length));
  const foreignNames = [...encoder, mean, logVar, ...decoder];
  const others = parametersOf(spec).filter(({ name }) => !/\.(weight|bias)$/.test(name));
  if (ownNames.length === foreignNames.length && others.length === 0) {
    return new Map(ownNames.map((name, i) => [name, foreignNames[i]]));
  }
  const extraNames = [...ownNames.slice(foreignNames.length), ...others.map(({ name }) => name)];
  throw new StateDictError(
    `the likelihood "${spec.likelihood.type}" needs ${
      extraNames.map((name) => `"${name}"`).join(", ") || "fewer layers"
    }, which a plain VAE does not have`,
  );
}

type Find = (name: string) => { readonly tensor: Tensor; readonly source: string } | undefined;

function collect(spec: ModelSpec, find: Find): Map<string, Float32Array> {
  return new Map(
    parametersOf(spec).map(({ name, rows, cols }) => {
      const { tensor, source } = find(name) ?? {};
      const isWeight = name.endsWith(".weight"), isBias = name.endsWith(".bias");
      const shape = isBias ? [cols] : isWeight ? [cols, rows] : [rows, cols];
      const fits = tensor?.dtype === "F32" && `${tensor.shape}` === `${shape}` &&
        tensor.data.every(Number.isFinite as never);
      if (!fits) {
        throw new StateDictError(
          `"${source ?? name}" must be finite float32 [${shape}], got ${
            tensor ? `${tensor.dtype} [${tensor.shape}]` : "missing"
          }`,
        );
      }
      const data = tensor.data as Float32Array;
      return [name, isWeight ? transpose({ shape: [cols, rows], data }) : data];
    }),
  );
}

function ownTensor(tensors: ReadonlyMap<string, Tensor>, name: string): ReturnType<Find> {
  const tensor = tensors.get(name);
  return tensor && { tensor, source: name };
}

function foreignTensor(
  tensors: ReadonlyMap<string, Tensor>,
  names: ReadonlyMap<string, string>,
  name: string,
): ReturnType<Find> {
  const dot = name.lastIndexOf(".");
  return ownTensor(tensors, `${names.get(name.slice(0, dot))}${name.slice(dot)}`);
}
