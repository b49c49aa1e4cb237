/**
 * A variational autoencoder with fixed parameters: everything that needs no derivative.
 * `training/vae.ts` adds fitting.
 */
import type { SyncProgram } from "../backends/backend.ts";
import { splitSeed } from "../core/philox.ts";
import { requireNumber, show } from "../core/validate.ts";
import type { ModelSpec } from "../models/spec.ts";
import { parametersOf } from "../models/vae_graph.ts";
import { drawBinary } from "./draw_binary.ts";
import { BULK_ROWS, type DeviceOptions, Engine, type NamedTensor } from "./engine.ts";
import { requireFiniteRows, requireFiniteScore } from "./finite.ts";
import {
  evaluateRows,
  type Evaluation,
  type EvaluationOptions,
  evaluationSteps,
} from "./evaluation.ts";
import { type Matrix, type Rows, toMatrix, toRows } from "./matrix.ts";
import {
  type ModelFile,
  ModelFileError,
  readModelFile,
  requireContents,
  requireKind,
  specOf,
  writeModelFile,
} from "./model_file.ts";

export type { DeviceOptions, NamedTensor } from "./engine.ts";

/** What `score` measures; nats, higher is more anomalous. All are deterministic, at z = E[z | x]. */
export type ScoreMethod = "elbo" | "reconstruction" | "kl";

/** The most rows that one call of `sample` makes. */
const MAX_DRAWS = 1e7;

/** A model with fixed parameters: scores, encodes, decodes and samples. */
export class TrainedVae {
  /** What the model is. */
  readonly spec: ModelSpec;
  /** @internal */
  protected readonly engine: Engine;
  #single?: { program: SyncProgram; cost: Float32Array; kl: Float32Array };

  /** A model with the given parameter values; `VAE.create` and `load` are the usual ways. */
  constructor(
    spec: ModelSpec,
    values: ReadonlyMap<string, ArrayLike<number>>,
    device: DeviceOptions = {},
  ) {
    this.spec = spec;
    this.engine = new Engine(spec, values, device);
  }

  /**
   * A model from the bytes of its file, or from where a URL points.
   * @throws SyntaxError if the bytes are not a whole, undamaged model file
   */
  static load(source: Uint8Array | URL, device: DeviceOptions = {}): Promise<TrainedVae> {
    return loadModelFile(source).then((file) => new this(...fromModelFile(file), device));
  }

  /** What is really in use. */
  get device(): {
    readonly backend: string;
    readonly threads: number;
    readonly [detail: string]: unknown;
  } {
    return { backend: this.engine.backend.name, threads: 1, ...this.engine.backend.details };
  }

  /** A copy of every parameter, by name. */
  parameters(): Map<string, NamedTensor> {
    return this.engine.parameters();
  }

  /**
   * Replaces parameters; those not named stay.
   * @throws TypeError or RangeError for an unknown name, a wrong shape or a value that is not finite
   */
  setParameters(
    values: ReadonlyMap<
      string,
      { readonly shape?: readonly number[]; readonly data: ArrayLike<number> }
    >,
  ): void {
    this.engine.setParameters(values);
  }

  /** q(z | x): mean and log-variance, `[rows, L]` each. */
  async encode(x: Rows): Promise<{ mean: Matrix; logVar: Matrix }> {
    const { mean, logVar } = this.engine.map("encode", "x", toRows(this.spec, x));
    return { mean, logVar };
  }

  /** E[x | z], `[rows, D]`, for z `[rows, L]`. */
  async decode(z: Rows): Promise<Matrix> {
    return this.engine.map("decode", "z", toMatrix(z, this.spec.latent[0].size)).mean;
  }

  /** E[x | z] at z = E[z | x], `[rows, D]`. */
  async reconstruct(x: Rows): Promise<Matrix> {
    return this.engine.map("reconstruct", "x", toRows(this.spec, x)).mean;
  }

  /**
   * `count` draws of x from the model, `[count, D]`: z ~ p(z), x ~ p(x | z). With `mean`, E[x | z]
   * in place of the second draw. Draw i depends on the seed and i alone.
   */
  async sample(
    count: number,
    options: { readonly seed?: number; readonly mean?: boolean } = {},
  ): Promise<Matrix> {
    return this.sampleFrom(0, count, options);
  }

  /**
   * Draws `firstRow` to `firstRow + count - 1` of those that `sample` makes.
   * @internal
   */
  sampleFrom(
    firstRow: number,
    count: number,
    { seed = 0, mean = false }: { readonly seed?: number; readonly mean?: boolean } = {},
  ): Matrix {
    requireNumber("count", count, { min: 1, max: MAX_DRAWS, integer: true });
    const [seedLow, seedHigh] = splitSeed(seed);
    const program = this.engine.program("sample", { capacity: BULK_ROWS });
    const output = mean || !program.plan.outputs.has("draw") ? "mean" : "draw";
    const columns = this.spec.inputs;
    const data = new Float32Array(count * columns);
    for (let first = 0; first < count; first += BULK_ROWS) {
      const rows = Math.min(BULK_ROWS, count - first);
      program.write("key", [seedLow, seedHigh, 0, firstRow + first]);
      program.run(rows);
      program.read(output, data.subarray(first * columns, (first + rows) * columns));
    }
    const matrix: Matrix = { data, shape: [count, columns] };
    return mean || output === "draw" ? matrix : drawBinary(matrix, seed, firstRow);
  }

  /** The bound and its parts per row, and importance-sampled ln p(x); nats. */
  async evaluate(x: Rows, options: EvaluationOptions = {}): Promise<Evaluation> {
    const evaluation = this.evaluateSync(toRows(this.spec, x), options);
    requireFiniteRows("evaluate", evaluation.elbo, 1);
    requireFiniteRows("evaluate", evaluation.logLikelihood, 1);
    return evaluation;
  }

  /** ELBO per row, nats, the expectation over `samples` draws. */
  async elbo(x: Rows, options: EvaluationOptions = {}): Promise<Float64Array> {
    return (await this.evaluate(x, options)).elbo;
  }

  /** ln p(x) per row, nats, importance-sampled with `samples` draws: a bound, tight as they grow. */
  async logLikelihood(x: Rows, options: EvaluationOptions = {}): Promise<Float64Array> {
    return (await this.evaluate(x, { samples: 100, ...options })).logLikelihood;
  }

  /**
   * One score per row, nats; higher is more anomalous.
   * @throws RangeError naming a row whose score is not finite
   */
  async score(
    x: Rows,
    { method = "elbo" }: { readonly method?: ScoreMethod } = {},
  ): Promise<Float64Array> {
    const { cost, kl } = this.costs(toRows(this.spec, x));
    const reconstruction = sumColumns(cost), divergence = sumColumns(kl);
    switch (method) {
      case "elbo":
        return reconstruction.map((value, r) => requireFiniteScore(value + divergence[r], r));
      case "reconstruction":
        return reconstruction.map(requireFiniteScore);
      case "kl":
        return divergence.map(requireFiniteScore);
      default:
        throw new TypeError(
          `Cannot score: method must be "elbo", "reconstruction" or "kl": current value is "${method}"`,
        );
    }
  }

  /**
   * Scores one row into `out[0]`, as `score` does. Allocates nothing after the first call. The caller
   * vouches for the values: only the score is checked. Under a Bernoulli likelihood a value outside
   * [0, 1] gives a finite score that means nothing.
   * @throws RangeError for a row of another length, or a score that is not finite
   */
  scoreInto(row: Float32Array, out: Float32Array | Float64Array): void {
    if (row.length !== this.spec.inputs) {
      throw new RangeError(
        `Cannot score row: expected ${this.spec.inputs} numbers: current value is ${row.length}`,
      );
    }
    const { cost, kl } = this.costOfRow(row);
    // Summed apart, as `score` does, so that both give the same bits.
    let reconstruction = 0, divergence = 0;
    for (let c = 0; c < cost.length; c++) reconstruction += cost[c];
    for (let l = 0; l < kl.length; l++) divergence += kl[l];
    out[0] = requireFiniteScore(reconstruction + divergence);
  }

  /** The model file. */
  save(): Uint8Array {
    return writeModelFile(this.modelFile());
  }

  /** Gives back the memory; the model must not be used afterwards. */
  dispose(): void {
    this.engine.dispose();
  }

  /**
   * -ln p(x_d | z) per column and KL per latent dimension, nats, at z = E[z | x].
   * @internal
   */
  costs(x: Matrix): { cost: Matrix; kl: Matrix } {
    const { cost, kl } = this.engine.map("score", "x", x);
    return { cost, kl };
  }

  /**
   * (x_d - E[x_d | z])² per cell, at one draw of z ~ q(z | x) for each row.
   * @internal
   */
  squaredResiduals(x: Matrix, seed: number): Matrix {
    return this.engine.map("residuals", "x", x, seed).squares;
  }

  /**
   * `costs` of one row, in arrays that the next call overwrites.
   * @internal
   */
  costOfRow(row: Float32Array): { readonly cost: Float32Array; readonly kl: Float32Array } {
    const single = this.#single ??= {
      program: this.engine.compile("score", { capacity: 1 }),
      cost: new Float32Array(this.spec.inputs),
      kl: new Float32Array(this.spec.latent[0].size),
    };
    single.program.write("x", row);
    single.program.run(1);
    single.program.read("cost", single.cost);
    single.program.read("kl", single.kl);
    return single;
  }

  /**
   * `evaluate` without the promise.
   * @internal
   */
  evaluateSync(x: Matrix, options: EvaluationOptions): Evaluation {
    return evaluateRows(
      x,
      options,
      (capacity, samples) => this.engine.program("evaluate", { capacity, samples }),
    );
  }

  /**
   * `evaluateSync` in steps, to be taken apart: see `evaluationSteps`.
   * @internal
   */
  evaluateSteps(x: Matrix, options: EvaluationOptions): Generator<void, Evaluation> {
    return evaluationSteps(
      x,
      options,
      (capacity, samples) => this.engine.program("evaluate", { capacity, samples }),
    );
  }

  /**
   * What `save` writes.
   * @internal
   */
  modelFile(): ModelFile {
    const tensors = [...this.parameters()].map(([name, { shape, data }]) =>
      [name, { dtype: "F32", shape, data }] as const
    );
    return { kind: "vae", metadata: { spec: this.spec }, tensors: new Map(tensors) };
  }
}

/** Reads a model file from bytes, or from where a URL points. */
export async function loadModelFile(source: Uint8Array | URL): Promise<ModelFile> {
  if (source instanceof Uint8Array) return readModelFile(source);
  if (!(source instanceof URL)) {
    throw new TypeError(
      `Cannot load model: expected the bytes of its file as a Uint8Array, or a URL: current value is ${
        show(source)
      }`,
    );
  }
  const response = await fetch(source);
  if (!response.ok) {
    throw new TypeError(`Cannot load model from ${source}: the server answered ${response.status}`);
  }
  return readModelFile(new Uint8Array(await response.arrayBuffer()));
}

/**
 * Spec and parameter values of a file.
 * @throws ModelFileError unless each parameter is there, in its shape and finite, and nothing unknown
 */
export function fromModelFile(file: ModelFile): [ModelSpec, Map<string, Float32Array>] {
  requireKind(file, ["vae", "detector"]);
  const spec = specOf(file);
  const parameters = parametersOf(spec);
  requireContents(file, parameters.map(({ name }) => name));
  const values = parameters.map(({ name, rows, cols }) => {
    const { data, shape } = file.tensors.get(name) ?? {};
    const shaped = shape?.length === 2 && shape[0] === rows && shape[1] === cols;
    if (data instanceof Float32Array && shaped && data.every(Number.isFinite)) {
      return [name, data] as const;
    }
    throw new ModelFileError(
      `Cannot read model: parameter "${name}" must be finite float32 [${rows}, ${cols}]`,
    );
  });
  return [spec, new Map(values)];
}

/** The sum of each row, accumulated in float64. */
export function sumColumns({ data, shape: [rows, cols] }: Matrix): Float64Array {
  const sums = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) sums[r] += data[r * cols + c];
  }
  return sums;
}
