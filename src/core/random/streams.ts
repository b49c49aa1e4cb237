/**
 * Philox streams: one number for each use of randomness, so that no two uses of one seed share
 * draws. Released numbers never change: they are part of what a seed means.
 */
export const STREAMS = {
  /** z ~ q(z | x) in training, validation and evaluation. */
  posterior: 0,
  initialization: 1,
  /** The order of rows within an epoch. */
  shuffle: 2,
  /** Which rows are kept back for validation or calibration. */
  split: 3,
  /** z ~ p(z) when sampling. */
  prior: 4,
  /** x ~ p(x | z) when sampling. */
  observation: 5,
  /** What is done to the rows that the encoder sees in training. */
  corruption: 6,
  /** Grey values made 0 or 1 anew at every step of training. */
  binarization: 7,
  /** Points that a mixture is fitted to, and its start. */
  mixture: 8,
  /** The order in which rows that have a label come round. */
  labelled: 9,
  /** Folds, reference rows and the rows that an ensemble is fitted to. */
  ensemble: 21,
  /** Samples and splits of an isolation forest. */
  isolation: 20,
  /** Which rows of a table too long for memory stay. */
  sample: 23,
  /** How a drift monitor breaks ties. */
  drift: 22,
  /** Gibbs sweeps of a Boltzmann machine in training; one use per half-sweep: `layerStream`. */
  gibbs: 16,
  /** Gibbs sweeps when sampling from one. */
  chain: 17,
  /** Annealed importance sampling of its partition function. */
  annealing: 18,
} as const;

/** Streams of one layer; more uses than that need another stride, and other seeds then. */
const LAYER_STRIDE = 1024;

/** Uniform draws of a use that takes normal ones too. */
const UNIFORM = 512;

/** A use's stream in one of several stochastic layers: layer 0, next to the data, has the use's own. */
export function layerStream(
  stream: number,
  layer: number,
  distribution: "normal" | "uniform" = "normal",
): number {
  return stream + LAYER_STRIDE * layer + (distribution === "uniform" ? UNIFORM : 0);
}
