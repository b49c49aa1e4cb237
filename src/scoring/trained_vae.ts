/**
 * A variational autoencoder with fixed parameters: everything that needs no derivative.
 *
 * Programs are compiled when first needed and kept; each takes batches of any size up to its
 * capacity, and larger inputs pass through it in chunks. `training/vae.ts` adds fitting.
 */
import type { Backend, Segment, SyncProgram } from "../backends/backend.ts";
import { type BackendChoice, openBackend } from "../backends/open.ts";
import type { Layout } from "../graph/plan.ts";
import type { ParameterSpec } from "../layers/scope.ts";
import { requireNumber } from "../core/validate.ts";
import { type ModelSpec, parseSpec } from "../models/spec.ts";
import { parameterLayout, parametersOf } from "../models/vae_graph.ts";
import { splitSeed } from "../core/philox.ts";
import { drawBinary } from "./draw_binary.ts";
import { evaluateRows, type Evaluation, type EvaluationOptions } from "./evaluation.ts";
import { type Matrix, type Rows, toMatrix } from "./matrix.ts";
import { type ModelFile, readModelFile, requireKind, writeModelFile } from "./model_file.ts";
import { forwardPlan, type ProgramName } from "./programs.ts";

/** A parameter's values, `[rows, cols]` row-major. */
export interface NamedTensor<Values = Float32Array> {
  /** Rows and columns. */
  readonly shape: readonly [number, number];
  /** Row-major values. */
  readonly data: Values;
}

/** Which machine to run on. */
export interface DeviceOptions {
  /** "auto" (WebAssembly, else the reference), or one by name. */
  readonly backend?: BackendChoice;
  /** "portable" gives the same bits on every machine; "fast", the default, the fastest kernels. */
  readonly determinism?: "portable" | "fast";
  /** Accepted for later: every backend runs on one thread now, and `device.threads` says so. */
  readonly threads?: number;
}

/** What `score` measures; nats, higher is more anomalous. All are deterministic, at z = E[z | x]. */
export type ScoreMethod = "elbo" | "reconstruction" | "kl";

/** The most rows that one call of `sample` makes. */
const MAX_DRAWS = 1e7;

/** Rows that one run of a bulk program takes. */
const BULK_ROWS = 128;

/** A model with fixed parameters: scores, encodes, decodes and samples. */
export class TrainedVae {
  /** What the model is. */
  readonly spec: ModelSpec;
  /** @internal */
  protected readonly backend: Backend<SyncProgram>;
  /** @internal */
  protected readonly layout: Layout;
  /** @internal */
  protected readonly parameterSpecs: readonly ParameterSpec[];
  /** @internal */
  protected readonly segment: Segment;
  readonly #programs = new Map<string, SyncProgram>();
  #single?: { program: SyncProgram; cost: Float64Array; kl: Float64Array };

  /** A model with the given parameter values; `VAE.create` and `load` are the usual ways. */
  constructor(
    spec: ModelSpec,
    values: ReadonlyMap<string, ArrayLike<number>>,
    device: DeviceOptions = {},
  ) {
    this.spec = spec;
    this.parameterSpecs = parametersOf(spec);
    this.layout = parameterLayout(this.parameterSpecs);
    this.backend = openBackend(device.backend ?? "auto", device);
    this.segment = this.backend.allocate(this.layout.length);
    this.write(values);
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
    return { backend: this.backend.name, threads: 1, ...this.backend.details };
  }

  /** Columns of a row. */
  get columns(): number {
    return this.spec.inputs;
  }

  /** A copy of every parameter, by name. */
  parameters(): Map<string, NamedTensor> {
    return new Map(this.parameterSpecs.map(({ name, rows, cols }) => {
      const data = new Float32Array(rows * cols);
      this.segment.read(this.layout.places.get(name)!.offset, data);
      return [name, { shape: [rows, cols], data }];
    }));
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
    for (const [name, { shape, data }] of values) {
      const spec = this.parameterSpecs.find((each) => each.name === name);
      if (!spec) {
        throw new TypeError(`Cannot set parameter "${name}": the model has none of that name`);
      }
      const right = data.length === spec.rows * spec.cols &&
        (!shape || (shape[0] === spec.rows && shape[1] === spec.cols));
      if (!right) {
        throw new RangeError(
          `Cannot set parameter "${name}": expected shape [${spec.rows}, ${spec.cols}]: current value is [${
            shape ?? data.length
          }]`,
        );
      }
      if (!Array.from(data).every(Number.isFinite)) {
        throw new TypeError(`Cannot set parameter "${name}": all values must be finite`);
      }
    }
    this.write(new Map([...values].map(([name, { data }]) => [name, data])));
  }

  /** q(z | x): mean and log-variance, `[rows, L]` each. */
  async encode(x: Rows): Promise<{ mean: Matrix; logVar: Matrix }> {
    const { mean, logVar } = this.#map("encode", "x", toMatrix(x, this.spec.inputs));
    return { mean, logVar };
  }

  /** E[x | z], `[rows, D]`, for z `[rows, L]`. */
  async decode(z: Rows): Promise<Matrix> {
    return this.#map("decode", "z", toMatrix(z, this.spec.latent[0].size)).mean;
  }

  /** E[x | z] at z = E[z | x], `[rows, D]`. */
  async reconstruct(x: Rows): Promise<Matrix> {
    return this.#map("reconstruct", "x", toMatrix(x, this.spec.inputs)).mean;
  }

  /**
   * `count` draws of x from the model, `[count, D]`: z ~ p(z), x ~ p(x | z). With `mean`, E[x | z]
   * in place of the second draw. Draw i depends on the seed and i alone.
   */
  async sample(
    count: number,
    { seed = 0, mean = false }: { readonly seed?: number; readonly mean?: boolean } = {},
  ): Promise<Matrix> {
    requireNumber("count", count, { min: 1, max: MAX_DRAWS, integer: true });
    const [seedLow, seedHigh] = splitSeed(seed);
    const program = this.program("sample", { capacity: BULK_ROWS });
    const output = mean || !program.plan.outputs.has("draw") ? "mean" : "draw";
    const columns = this.spec.inputs;
    const data = new Float32Array(count * columns);
    for (let first = 0; first < count; first += BULK_ROWS) {
      const rows = Math.min(BULK_ROWS, count - first);
      program.write("key", [seedLow, seedHigh, 0, first]);
      program.run(rows);
      program.read(output, data.subarray(first * columns, (first + rows) * columns));
    }
    const matrix: Matrix = { data, shape: [count, columns] };
    return mean || output === "draw" ? matrix : drawBinary(matrix, seed);
  }

  /** The bound and its parts per row, and importance-sampled ln p(x); nats. */
  async evaluate(x: Rows, options: EvaluationOptions = {}): Promise<Evaluation> {
    return this.evaluateSync(toMatrix(x, this.spec.inputs), options);
  }

  /** ELBO per row, nats, the expectation over `samples` draws. */
  async elbo(x: Rows, options: EvaluationOptions = {}): Promise<Float64Array> {
    return (await this.evaluate(x, options)).elbo;
  }

  /** ln p(x) per row, nats, importance-sampled with `samples` draws: a bound, tight as they grow. */
  async logLikelihood(x: Rows, options: EvaluationOptions = {}): Promise<Float64Array> {
    return (await this.evaluate(x, { samples: 100, ...options })).logLikelihood;
  }

  /** One score per row, nats; higher is more anomalous. */
  async score(
    x: Rows,
    { method = "elbo" }: { readonly method?: ScoreMethod } = {},
  ): Promise<Float64Array> {
    const { cost, kl } = this.costs(toMatrix(x, this.spec.inputs));
    const reconstruction = sumColumns(cost), divergence = sumColumns(kl);
    switch (method) {
      case "elbo":
        return reconstruction.map((value, r) => value + divergence[r]);
      case "reconstruction":
        return reconstruction;
      case "kl":
        return divergence;
      default:
        throw new TypeError(
          `Cannot score: method must be "elbo", "reconstruction" or "kl": current value is "${method}"`,
        );
    }
  }

  /**
   * Scores one row into `out[0]`, as `score` does. Allocates nothing after the first call; the
   * caller vouches for the row: its length is checked, its values are not.
   */
  scoreInto(row: Float32Array, out: Float32Array | Float64Array): void {
    if (row.length !== this.spec.inputs) {
      throw new RangeError(
        `Cannot score row: expected ${this.spec.inputs} numbers: current value is ${row.length}`,
      );
    }
    const { cost, kl } = this.costOfRow(row);
    let score = 0;
    for (let c = 0; c < cost.length; c++) score += cost[c];
    for (let l = 0; l < kl.length; l++) score += kl[l];
    out[0] = score;
  }

  /** The model file. */
  save(): Uint8Array {
    return writeModelFile(this.modelFile());
  }

  /** Gives back the memory; the model must not be used afterwards. */
  dispose(): void {
    this.#programs.clear();
    this.backend.dispose();
  }

  /** -ln p(x_d | z) per column and KL per latent dimension, nats, at z = E[z | x]. */
  costs(x: Matrix): { cost: Matrix; kl: Matrix } {
    const { cost, kl } = this.#map("score", "x", x);
    return { cost, kl };
  }

  /** `costs` of one row, in arrays that the next call overwrites. */
  costOfRow(row: Float32Array): { readonly cost: Float64Array; readonly kl: Float64Array } {
    const single = this.#single ??= {
      program: this.program("score", { capacity: 1 }),
      cost: new Float64Array(this.spec.inputs),
      kl: new Float64Array(this.spec.latent[0].size),
    };
    single.program.write("x", row);
    single.program.run(1);
    single.program.read("cost", single.cost);
    single.program.read("kl", single.kl);
    return single;
  }

  /** `evaluate` without the promise. */
  evaluateSync(x: Matrix, options: EvaluationOptions): Evaluation {
    return evaluateRows(
      x,
      options,
      (capacity, samples) => this.program("evaluate", { capacity, samples }),
    );
  }

  /** What `save` writes. */
  modelFile(): ModelFile {
    const tensors = [...this.parameters()].map(([name, { shape, data }]) =>
      [name, { dtype: "F32", shape, data }] as const
    );
    return { kind: "vae", metadata: { spec: this.spec }, tensors: new Map(tensors) };
  }

  /** @internal */
  protected write(values: ReadonlyMap<string, ArrayLike<number>>): void {
    for (const [name, data] of values) {
      this.segment.write(this.layout.places.get(name)!.offset, data);
    }
  }

  /** @internal */
  protected program(
    name: ProgramName,
    size: { readonly capacity: number; readonly samples?: number },
  ): SyncProgram {
    const key = `${name} ${size.capacity} ${size.samples ?? 1}`;
    const existing = this.#programs.get(key);
    if (existing) return existing;
    const plan = forwardPlan(name, this.spec, this.layout, size);
    const program = this.backend.compile(plan, { parameters: this.segment });
    this.#programs.set(key, program);
    return program;
  }

  /** Runs a program over all rows in chunks; every output as one matrix. */
  #map(name: ProgramName, input: string, x: Matrix): Record<string, Matrix> {
    const [rows, width] = x.shape;
    const program = this.program(name, { capacity: BULK_ROWS });
    const results = Object.fromEntries(
      [...program.plan.outputs].map(([output, { shape }]) => {
        const data = new Float32Array(rows * shape.cols);
        return [output, { data, shape: [rows, shape.cols] as const }];
      }),
    );
    for (let first = 0; first < rows; first += BULK_ROWS) {
      const count = Math.min(BULK_ROWS, rows - first);
      program.write(input, x.data.subarray(first * width, (first + count) * width));
      program.run(count);
      for (const [output, { data, shape: [, cols] }] of Object.entries(results)) {
        program.read(output, data.subarray(first * cols, (first + count) * cols));
      }
    }
    return results;
  }
}

/** Reads a model file from bytes, or from where a URL points. */
export async function loadModelFile(source: Uint8Array | URL): Promise<ModelFile> {
  if (source instanceof Uint8Array) return readModelFile(source);
  const response = await fetch(source);
  if (!response.ok) {
    throw new TypeError(`Cannot load model from ${source}: the server answered ${response.status}`);
  }
  return readModelFile(new Uint8Array(await response.arrayBuffer()));
}

/** Spec and parameter values of a file; each parameter of the spec must be there, in its shape. */
export function fromModelFile(file: ModelFile): [ModelSpec, Map<string, Float32Array>] {
  requireKind(file, ["vae", "detector"]);
  const spec = parseSpec(file.metadata.spec);
  const values = parametersOf(spec).map(({ name, rows, cols }) => {
    const tensor = file.tensors.get(name);
    const right = tensor?.dtype === "F32" && tensor.shape[0] === rows && tensor.shape[1] === cols;
    if (!right) {
      throw new SyntaxError(
        `Cannot read model: parameter "${name}" must be float32 [${rows}, ${cols}]`,
      );
    }
    return [name, tensor.data as Float32Array] as const;
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
