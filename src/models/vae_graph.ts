/**
 * The variational autoencoder as graph, in its two directions, and its parameters.
 *
 *   inference   rows → q(z | x, c), its draws, ln q and ln p of them     encoder.0 … encoder.mean, …
 *   generation  z ~ p(z) → p(x | z, c)                                   decoder.0 … decoder.mean, …
 *
 * Rows are [x | c | m]: a conditional model's rows carry their condition behind the data, and where cells
 * may be missing every row says which are there, m = 1, and which not, m = 0 (`trained/matrix.ts`).
 */
import { batched, fixed } from "../core/shape.ts";
import { layerStream, STREAMS } from "../core/streams.ts";
import { type DiagonalGaussian, repeat } from "../distributions/diagonal_gaussian.ts";
import { drawDiagonal } from "../distributions/diagonal_posterior.ts";
import { densitiesUnder } from "../distributions/pair_densities.ts";
import type { Prior } from "../distributions/prior.ts";
import { type Conditional, likelihood } from "../distributions/likelihood.ts";
import { layOut } from "../graph/layout.ts";
import { createGraph, type Graph } from "../graph/graph.ts";
import type { Layout } from "../graph/plan.ts";
import { dense, mlp } from "../layers/mlp.ts";
import type { NoiseDistribution, ShapedNoise } from "../layers/noise.ts";
import { createScope, type ParameterSpec, type Scope } from "../layers/scope.ts";
import { type Aggregate, type Latents, type Terms, termsOf } from "../objectives/terms.ts";
import { filled } from "../ops/shorthand.ts";
import type { Node } from "../ops/spec.ts";
import { latentWidth, standardPriorOf } from "./latents.ts";
import { priorOf } from "./priors.ts";
import { type ModelSpec, rowWidth } from "./spec.ts";
import { descend, drawLayers, topPosterior } from "./stochastic_layers.ts";

/** A batch of rows, and its parts. */
export interface BatchRows {
  /** What the encoder sees: `[B, D + C]`, with a mask `[B, D + C + D]`. */
  readonly all: Node;
  /** `[B, D]` */
  readonly x: Node;
  /** `[B, C]`; absent where the model has no condition. */
  readonly condition?: Node;
  /** 1 where a cell of x is there, 0 where it is missing, `[B, D]`; absent where none may be. */
  readonly observed?: Node;
}

/** Rows of the training set that stand for all of it: the input `reference`, `[M, D + C]`. */
export interface Reference {
  /** M. */
  readonly rows: number;
  /** Rows of the training set. */
  readonly of: number;
}

/** What the encoder says of rows, drawn `samples` times each. */
export interface Inference extends Latents {
  /** The point that stands for the layer next to the data, `[B, L]`: E[z | x], but see `hasClosedMoments`. */
  readonly mean: Node;
  /** ln Var[z | x] of that layer, likewise, `[B, L]`. */
  readonly logVar: Node;
  /** q(z | x) of a model of one layer, where it is a diagonal Gaussian. */
  readonly diagonal?: DiagonalGaussian;
  /** The draws of every layer, from the data up, `[K·B, L]` each. */
  readonly draws: readonly Node[];
}

/** Columns of the z that the decoder takes and `encode` gives. */
export function latentSize({ latent: [layer] }: ModelSpec): number {
  return latentWidth(layer);
}

/** The rows that a program reads: the input `x`. */
export function rowsInput(g: Graph, spec: ModelSpec): BatchRows {
  return batchRows(g, spec, g.input("x", batched(rowWidth(spec))));
}

function batchRows(g: Graph, { inputs, condition: classes, missing }: ModelSpec, given: Node) {
  if (!missing) return splitRows(g, given, inputs);
  const whole = inputs + classes;
  const rows = splitRows(g, g.sliceCols(given, { start: 0, count: whole }), inputs);
  const observed = g.sliceCols(given, { start: whole, count: inputs });
  return { ...rows, ...(missing === "mask" && { all: given }), observed };
}

/** The same rows with another x. */
export function withCells(g: Graph, rows: BatchRows, x: Node, spec: ModelSpec): BatchRows {
  const { condition, observed } = rows;
  const whole = condition ? g.concatCols(x, condition) : x;
  const all = observed && spec.missing === "mask" ? g.concatCols(whole, observed) : whole;
  return { ...rows, x, all };
}

/** The decoder's input `z`, `[B, L]`, and its condition behind it. */
export function latentInput(g: Graph, spec: ModelSpec): { z: Node; condition?: Node } {
  const size = latentSize(spec);
  const { x: z, condition } = splitRows(g, g.input("z", batched(size + spec.condition)), size);
  return { z, condition };
}

function splitRows(g: Graph, all: Node, columns: number): BatchRows {
  const behind = all.shape.cols - columns;
  if (behind === 0) return { all, x: all };
  return {
    all,
    x: g.sliceCols(all, { start: 0, count: columns }),
    condition: g.sliceCols(all, { start: columns, count: behind }),
  };
}

/** q(z | x, c) for rows `[B, D + C]`, with `samples` draws for each, or the point that stands for q. */
export function infer(scope: Scope, spec: ModelSpec, rows: Node, samples = 1): Inference {
  const noise = (layer: number) => layerNoise(scope, spec, "noise", STREAMS.posterior, layer);
  const prior = modelPrior(scope, spec);
  const { first, ...latents } = drawLayers(scope, spec, { rows, samples, noise, prior });
  const diagonal = spec.latent.length === 1 ? first.diagonal : undefined;
  return { ...latents, mean: first.mean, logVar: first.logVar, diagonal };
}

/** z ~ p(z) of the layer next to the data, K for each row of the batch, `[K·B, L]`. */
export function generate(scope: Scope, spec: ModelSpec, samples = 1): Node {
  const noise = (layer: number): ShapedNoise => {
    const draws = layerNoise(scope, spec, "prior", STREAMS.prior, layer);
    // Layers below the top ask for as many as they are given from above.
    const times = layer === spec.latent.length - 1 ? samples : 1;
    return (shape, distribution) => draws({ ...shape, rows: shape.rows * times }, distribution);
  };
  const top = modelPrior(scope, spec).sample(noise(spec.latent.length - 1));
  return descend(scope, spec, top, noise);
}

/** p(x | z, c) for z `[K·r, L]` and c `[r, C]`, of the cells that are there. */
export function decoder(
  scope: Scope,
  spec: ModelSpec,
  z: Node,
  { condition, observed }: Pick<BatchRows, "condition" | "observed"> = {},
): Conditional {
  const { g } = scope;
  const times = condition ? z.shape.rows / condition.shape.rows : 1;
  const seen = condition
    ? g.concatCols(z, times === 1 ? condition : g.repeatRows(condition, { times }))
    : z;
  const hidden = mlp(scope, "decoder", seen, spec.decoder);
  return likelihood(scope, hidden, spec, observed);
}

/** ln q(y | x) of every class for x `[B, D]`, nats, `[B, C]`. */
export function classify(scope: Scope, spec: ModelSpec, x: Node): Node {
  const { g } = scope;
  const hidden = mlp(scope, "classifier", x, spec.classifier!);
  const logits = dense(scope, "classifier.logits", hidden, spec.condition);
  return g.sub(logits, g.logSumExpCols(logits));
}

/** What the terms are made from. */
export interface TermsRequest {
  /** Draws for each row; 1. */
  readonly samples?: number;
  /** What the encoder sees in place of x, `[B, D]`. */
  readonly seen?: Node;
  /** For objectives over the aggregated posterior. */
  readonly reference?: Reference;
}

/** All that objectives and evaluation see of the model. */
export function modelTerms(
  scope: Scope,
  spec: ModelSpec,
  rows: BatchRows,
  { samples = 1, seen = rows.x, reference }: TermsRequest = {},
): Terms & Pick<Inference, "mean" | "logVar"> {
  const { x } = rows;
  const { all } = seen === x ? rows : withCells(scope.g, rows, seen, spec);
  const inference = infer(scope, spec, all, samples);
  const conditional = decoder(scope, spec, inference.z, rows);
  const { mean, logVar } = inference;
  const aggregate = reference && aggregateOf(scope, spec, inference, reference);
  return { ...termsOf(scope.g, x, inference, conditional), aggregate, mean, logVar };
}

/**
 * The terms of a model of one layer with another q(z) than the encoder's, row by row.
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
  { rows, of }: Reference,
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
    of,
  };
}

function modelPrior(scope: Scope, spec: ModelSpec): Prior {
  const top = spec.latent.at(-1)!;
  return priorOf(scope, spec.prior, {
    size: latentWidth(top),
    inputs: spec.inputs + spec.condition,
    standard: () => standardPriorOf(scope.g, top),
    encode: (rows) => topPosterior(scope, spec, wholeRows(scope.g, spec, rows)),
  });
}

/** Rows `[r, D + C]` that lack nothing, as the encoder sees them. */
function wholeRows(g: Graph, { inputs, missing }: ModelSpec, rows: Node): Node {
  if (missing !== "mask") return rows;
  const { rows: count, batched } = rows.shape;
  return g.concatCols(rows, filled(g, 1, { rows: count, cols: inputs, batched }));
}

/** A layer's noise: `noise` in a model of one layer, `noise.0`, `noise.1`, … in one of several. */
function layerNoise(
  scope: Scope,
  { latent }: ModelSpec,
  name: string,
  stream: number,
  layer = 0,
): ShapedNoise {
  return (shape, distribution) =>
    scope.noise({
      name: useName(latent.length === 1 ? name : `${name}.${layer}`, distribution),
      stream: layerStream(stream, layer, distribution),
      shape,
      distribution,
    });
}

function useName(name: string, distribution: NoiseDistribution = "normal"): string {
  return distribution === "uniform" ? `${name}.uniform` : name;
}

/** Building a model takes long in a process that has just begun, and a spec does not change. */
const PARAMETERS = new WeakMap<ModelSpec, readonly ParameterSpec[]>();

/** Every parameter of the model, in the order in which building it declares them. */
export function parametersOf(spec: ModelSpec): readonly ParameterSpec[] {
  const known = PARAMETERS.get(spec);
  if (known) return known;
  const scope = createScope(createGraph());
  const rows = rowsInput(scope.g, spec);
  decoder(scope, spec, infer(scope, spec, rows.all).z, rows);
  if (spec.classifier) classify(scope, spec, rows.x);
  PARAMETERS.set(spec, scope.declared);
  return scope.declared;
}

/** Places of the parameters within the segment that all programs of a model share. */
export function parameterLayout(parameters: readonly ParameterSpec[]): Layout {
  return layOut("parameters", parameters);
}
