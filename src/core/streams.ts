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
} as const;
