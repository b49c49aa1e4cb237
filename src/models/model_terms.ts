/**
 * The terms of a batch of rows, under the encoder's q or another q: the only view of the model that objectives and
 * evaluation have.
 */
import { fixed } from "../core/shape.ts";
import { STREAMS } from "../core/random/streams.ts";
import { type DiagonalGaussian, repeat } from "../distributions/diagonal_gaussian.ts";
import { drawDiagonal } from "../distributions/diagonal_posterior.ts";
import { densitiesUnder } from "../distributions/pair_densities.ts";
import type { Scope } from "../layers/scope.ts";
import { type Aggregate, type Terms, termsOf } from "../objectives/terms.ts";
import type { Node } from "../ops/spec.ts";
import { type BatchRows, batchRows, withCells } from "./batch_rows.ts";
import { type ModelSpec, rowWidth } from "./spec.ts";
import { topPosterior } from "./stochastic_layers.ts";
import { decoder, infer, type Inference, layerNoise, modelPrior } from "./vae_graph.ts";

/** Rows of the training set that represent all of it: the input `reference`, `[M, D + C]`. */
export interface Reference {
  /** M, the number of reference rows. */
  readonly rows: number;
  /** Number of rows in the training set. */
  readonly trainingRows: number;
}

/** Options for building the terms. */
export interface TermsRequest {
  /** Draws per row; default 1. */
  readonly samples?: number;
  /** The encoder's input in place of x, `[B, D]`. */
  readonly encoderInput?: Node;
  /** For objectives over the aggregated posterior. */
  readonly reference?: Reference;
}

/** The terms of a batch of rows. */
export function modelTerms(
  scope: Scope,
  spec: ModelSpec,
  rows: BatchRows,
  { samples = 1, encoderInput = rows.x, reference }: TermsRequest = {},
): Terms & Pick<Inference, "mean" | "logVar"> {
  const { x } = rows;
  const { all } = encoderInput === x ? rows : withCells(scope.g, rows, encoderInput, spec);
  const inference = infer(scope, spec, all, samples);
  const conditional = decoder(scope, spec, inference.z, rows);
  const { mean, logVar } = inference;
  const aggregate = reference && aggregateOf(scope, spec, inference, reference);
  return { ...termsOf(scope.g, x, inference, conditional), aggregate, mean, logVar };
}

/**
 * The terms of a one-layer model with a given q(z) per row in place of the encoder's.
 * @param q `[B, L]`
 */
export function termsUnder(
  scope: Scope,
  spec: ModelSpec,
  rows: BatchRows,
  q: DiagonalGaussian,
  samples: number,
): Terms {
  const prior = modelPrior(scope, spec);
  const noise = layerNoise(scope, spec, "noise", STREAMS.posterior);
  const { g } = scope;
  const { z, logDensity, klTo, path } = drawDiagonal(g, q, { samples, noise });
  const latents = {
    z,
    logPosterior: logDensity,
    logPrior: prior.logDensity(z),
    divergences: [g.sub(logDensity, prior.logDensity(z))],
    klPerDimension: klTo(prior),
    paths: path && [path],
  };
  return termsOf(g, rows.x, latents, decoder(scope, spec, z, rows));
}

/** Densities of the draws under their own rows and under the reference rows. */
function aggregateOf(
  scope: Scope,
  spec: ModelSpec,
  { z, diagonal }: Inference,
  { rows, trainingRows }: Reference,
): Aggregate | undefined {
  const { g } = scope;
  const given = g.input("reference", fixed(rows, rowWidth(spec)));
  const other = topPosterior(scope, spec, batchRows(g, spec, given).all).diagonal;
  if (!diagonal || !other) return undefined;
  const own = repeat(g, diagonal, z.shape.rows);
  return {
    own: g.gaussianLogProb(z, own.mean, own.logVar),
    others: densitiesUnder(g, z, other),
    rows,
    trainingRows,
  };
}
