/**
 * Philox streams: one number for each use of randomness, so that no two uses of a seed share draws. Released numbers
 * never change, because they determine what a seed produces.
 */
export const STREAMS = {
  /** z ~ q(z | x) in training, validation and evaluation. */
  posterior: 0,
  initialization: 1,
  /** The order of rows within an epoch. */
  shuffle: 2,
  /** Which rows are held out for validation or calibration. */
  split: 3,
  /** z ~ p(z) when sampling. */
  prior: 4,
  /** x ~ p(x | z) when sampling. */
  observation: 5,
  /** Corruption of the encoder's input in training. */
  corruption: 6,
  /** Binarisation of grey values, redrawn at every training step. */
  binarization: 7,
  /** The points a mixture is fitted to, and its starting values. */
  mixture: 8,
  /** The order of labelled rows. */
  labelled: 9,
  /** Folds, reference rows and the rows that an ensemble is fitted to. */
  ensemble: 21,
  /** Samples and splits of an isolation forest. */
  isolation: 20,
  /** Which rows of a table too long for memory are kept. */
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

/** Distance between the streams of adjacent layers. A larger stride would change what seeds produce. */
const LAYER_STRIDE = 1024;

/** Offset of the uniform draws of a use that also has normal draws. */
const UNIFORM_OFFSET = 512;

/** The stream of a use in one of several stochastic layers; layer 0, next to the data, has the use's own stream. */
export function layerStream(
  stream: number,
  layer: number,
  distribution: "normal" | "uniform" = "normal",
): number {
  return stream + LAYER_STRIDE * layer + (distribution === "uniform" ? UNIFORM_OFFSET : 0);
}
