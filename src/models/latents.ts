/**
 * The families of latent layers, by the `type` of a layer's spec. To add one: add its file, and its lines here.
 */
import { type Fields, requireChoice, show } from "../core/validate.ts";
import type { MergedRequest, Posterior, PosteriorRequest } from "../distributions/posterior.ts";
import type { Prior } from "../distributions/prior.ts";
import type { Graph } from "../graph/graph.ts";
import type { Scope } from "../layers/scope.ts";
import {
  type CategoricalLatent,
  categoricalLatent,
  type CategoricalLatentInput,
} from "./latents/categorical.ts";
import {
  type DeterministicLatent,
  deterministicLatent,
  type DeterministicLatentInput,
} from "./latents/deterministic.ts";
import {
  type GaussianLatent,
  gaussianLatent,
  type GaussianLatentInput,
} from "./latents/gaussian.ts";
import type { LatentFamily } from "./latents/latent_family.ts";
import { type NetworkSpec, parseNetwork } from "./network.ts";

/** Complete specs of latent layers, by type. */
export interface LatentOptions {
  /** Real-valued variables. */
  readonly gaussian: GaussianLatent;
  /** Variables that take one of several classes. */
  readonly categorical: CategoricalLatent;
  /** A function of the row. */
  readonly deterministic: DeterministicLatent;
}

/** One layer of latent variables. */
export type LatentSpec = LatentOptions[keyof LatentOptions];

/** A layer of a model. Every layer but the first has networks to and from the layer below. */
export type LatentLayer = LatentSpec & {
  /** The network from the draw below to q of this layer; absent on the first layer. */
  readonly encoder?: NetworkSpec;
  /** The network from this layer's draw to p of the layer below; absent on the first layer. */
  readonly decoder?: NetworkSpec;
};

/** One layer of latent variables as a user writes it. */
export type LatentInput =
  & (GaussianLatentInput | CategoricalLatentInput | DeterministicLatentInput)
  & {
    /** The network from the draw below, except on the first layer; default no hidden layers. */
    readonly encoder?: Partial<NetworkSpec>;
    /** The network to the layer below, except on the first layer; default no hidden layers. */
    readonly decoder?: Partial<NetworkSpec>;
  };

const LATENTS: { readonly [T in keyof LatentOptions]: LatentFamily<LatentOptions[T]> } = {
  gaussian: gaussianLatent,
  categorical: categoricalLatent,
  deterministic: deterministicLatent,
};

/** More layers than any published model of this kind. */
const MAX_LAYERS = 16;

const TYPES = Object.keys(LATENTS) as (keyof LatentOptions)[];

/**
 * @param isLadder whether q draws the layers from the top down
 * @throws TypeError or RangeError naming the field
 */
export function parseLatents(
  field: string,
  value: unknown,
  isLadder: boolean,
): readonly LatentLayer[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > MAX_LAYERS) {
    throw new TypeError(
      `Cannot read ${field}: expected a list of 1 to ${MAX_LAYERS} latent layers, got ${
        show(value)
      }`,
    );
  }
  const layers = value.map((layer, i) => {
    if (i === 0) return parseLatent(`${field}[0]`, layer);
    const { encoder, decoder, ...own } = Object(layer) as Fields;
    return {
      ...parseLatent(`${field}[${i}]`, own),
      encoder: parseNetwork(`${field}[${i}].encoder`, encoder),
      decoder: parseNetwork(`${field}[${i}].decoder`, decoder),
    };
  });
  layers.forEach(({ type }, i) => {
    if (layers.length === 1 || !LATENTS[type].mustBeOnlyLayer) return;
    throw new TypeError(`Cannot read ${field}[${i}].type: "${type}" must be the only layer`);
  });
  layers.slice(0, -1).forEach((layer, i) => requireAllowedBelow(`${field}[${i}]`, layer, isLadder));
  return layers;
}

/** @throws TypeError naming the option that is not allowed below another layer */
function requireAllowedBelow<T extends keyof LatentOptions>(
  field: string,
  layer: LatentOptions[T] & { readonly type: T },
  isLadder: boolean,
): void {
  const family = LATENTS[layer.type];
  if (family.onlyOnTop) {
    throw new TypeError(`Cannot read ${field}.type: a layer below another must be "gaussian"`);
  }
  if (isLadder) family.requireMergeable?.(field, layer);
}

function parseLatent(field: string, value: unknown): LatentSpec {
  const { type } = Object(value) as { readonly type?: unknown };
  return LATENTS[requireChoice(`${field}.type`, type ?? "gaussian", TYPES)].parse(field, value);
}

/** Whether a spec may choose the p(z) of a layer. */
export function hasPrior({ type }: LatentSpec): boolean {
  return !LATENTS[type].mustBeOnlyLayer;
}

/** Columns of a layer's z. */
export function latentWidth<T extends keyof LatentOptions>(
  spec: LatentOptions[T] & { readonly type: T },
): number {
  return LATENTS[spec.type].size(spec);
}

/** q(z | h) of a layer. */
export function posteriorOf<T extends keyof LatentOptions>(
  scope: Scope,
  spec: LatentOptions[T] & { readonly type: T },
  request: PosteriorRequest,
): Posterior {
  return LATENTS[spec.type].posterior(scope, spec, request);
}

/** q(z | h, z above) of a layer below the top of a ladder. */
export function mergedPosterior<T extends keyof LatentOptions>(
  scope: Scope,
  spec: LatentOptions[T] & { readonly type: T },
  request: MergedRequest,
): Posterior {
  return LATENTS[spec.type].merged!(scope, spec, request);
}

/** The parameter-free p(z) of a layer. */
export function standardPriorOf<T extends keyof LatentOptions>(
  g: Graph,
  spec: LatentOptions[T] & { readonly type: T },
): Prior {
  return LATENTS[spec.type].standardPrior(g, spec);
}

/**
 * Whether mean and variance of q(z | x) of the layer next to the data are known without draws. They are not with flows,
 * or in a ladder, where they depend on the draws above.
 */
export function hasClosedMoments(
  { latent, inference }: { readonly latent: readonly LatentLayer[]; readonly inference: string },
): boolean {
  const [first] = latent;
  const isTransformed = first.type === "gaussian" && first.flows.length > 0;
  return !isTransformed && (latent.length === 1 || inference === "bottomUp");
}
