/** A model with a classifier and hidden layers everywhere, and the conditional model that it contains. */
import { VAE } from "../../src/training/vae.ts";
import { normals } from "./data.ts";

/** Bernoulli rows, one latent variable, two classes. */
const NETWORK = { hidden: [3], activation: "tanh" } as const;
export const PAIR_SPEC = {
  inputs: 2,
  condition: 2,
  encoder: NETWORK,
  decoder: NETWORK,
  latent: [{ size: 1 }],
  likelihood: { type: "bernoulli" },
} as const;
/** Every possible row. */
export const BITS = [[0, 0], [0, 1], [1, 0], [1, 1]];

/** A model with a classifier, and the conditional model that it contains, with the same parameters. */
export function labelledPair(): { labelled: VAE; plain: VAE } {
  const labelled = VAE.create({ ...PAIR_SPEC, classifier: NETWORK }, {
    backend: "reference",
    seed: 4,
  });
  const plain = VAE.create(PAIR_SPEC, { backend: "reference" });
  const moved = [...labelled.parameters()].map(([name, { data }], i) => {
    const by = normals(data.length, 90 + i);
    return [name, { data: data.map((value, j) => value + by[j]) }] as const;
  });
  labelled.setParameters(new Map(moved));
  plain.setParameters(new Map(moved.filter(([name]) => !name.startsWith("classifier"))));
  return { labelled, plain };
}
