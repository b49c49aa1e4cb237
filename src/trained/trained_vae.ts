/**
 * A variational autoencoder with fixed parameters: everything that does not need derivatives. `training/vae.ts` adds
 * fitting.
 */
import { type OpenBackend, openBackend } from "../backends/open_score.ts";
import { requireChoice, requireObject } from "../core/validate.ts";
import type { ModelSpec } from "../models/spec.ts";
import { parametersOf } from "../models/vae_graph.ts";
import { latentSize } from "../models/spec.ts";
import { DEVICE_KEYS, type DeviceOptions } from "./device_options.ts";
import { Engine } from "./engine.ts";
import type { NamedTensor, NewParameters } from "./named_tensor.ts";
import type { WorkDevice } from "./device/work_device.ts";
import { parameterTensors, parameterValues } from "./file/file_contents.ts";
import { requireFiniteScore, requireRoom } from "./finite.ts";
import { requireData, showsBadCells } from "./rows/data_rule.ts";
import { callOptions } from "./calls/call_options.ts";
import { encodeRows, MOMENT_KEYS, type MomentOptions } from "./calls/moments.ts";
import { type Evaluation, EVALUATION_KEYS, type EvaluationOptions } from "./calls/evaluation.ts";
import { type Matrix, type Rows, sumOf, toMatrix, toUnchecked } from "./rows/matrix.ts";
import { markObserved } from "./rows/observed.ts";
import { type ConditionOptions, requireClasses, toConditioned, toRows } from "./rows/model_rows.ts";
import { OnHost, type ScoreMethod, SCORING } from "./on_host.ts";
import { type ProgramName, vaeArchitecture } from "./programs/programs.ts";
import { loadModelFile } from "./file/load_model_file.ts";
import { boundsOf, evaluateModel } from "./calls/model_evaluation.ts";
import {
  type ModelFile,
  readModelFile,
  requireKind,
  specOf,
  type UnpackedFile,
  writeModelFile,
} from "./file/model_file.ts";
import { drawPairs, SAMPLE_KEYS, type SampleOptions } from "./calls/sampling.ts";

export type { DeviceOptions } from "./device_options.ts";
export type { NamedTensor, NewParameters } from "./named_tensor.ts";
export { loadModelFile } from "./file/load_model_file.ts";

export type { ScoreMethod } from "./on_host.ts";

export type { SampleOptions } from "./calls/sampling.ts";

/** A VAE with fixed parameters: scores, encodes, decodes and samples. */
export class TrainedVae {
  /** The model specification. */
  readonly spec: ModelSpec;
  /** @internal */
  protected readonly engine: Engine<ProgramName>;
  /**
   * Synchronous calls for the rest of the library.
   * @internal
   */
  readonly onHost: OnHost;

  /**
   * Opens the backends of this class: here only those with scoring kernels.
   * @internal
   */
  protected static readonly openBackend: OpenBackend = openBackend;

  /**
   * Creates the device for asynchronous calls: absent here, because the scoring entry point contains only the host.
   * @internal
   */
  protected static readonly workDevice?: (
    engine: Engine<ProgramName>,
  ) => WorkDevice<ProgramName> | undefined;

  /** Creates a model with given parameter values; usually called through `VAE.create` or `load`. */
  constructor(
    spec: ModelSpec,
    values: ReadonlyMap<string, ArrayLike<number>>,
    device: DeviceOptions = {},
  ) {
    requireObject("device options", device, DEVICE_KEYS);
    this.spec = spec;
    this.engine = new Engine(vaeArchitecture(spec), values, device, new.target.openBackend);
    this.onHost = new OnHost(spec, this.engine);
    this.engine.workDevice = new.target.workDevice?.(this.engine);
  }

  /**
   * Loads a model from the bytes or the URL of its file.
   * @throws SyntaxError if the bytes are not a whole, undamaged model file
   */
  static async load(
    source: Uint8Array | ArrayBuffer | URL,
    device: DeviceOptions = {},
  ): Promise<TrainedVae> {
    // Given bytes are read in place, before the caller can change them.
    const file = source instanceof Uint8Array
      ? readModelFile(source, true)
      : await loadModelFile(source);
    return new this(...fromModelFile(file), device);
  }

  /**
   * The device in use: the host's backend and number of threads, with a reason if needed; and a GPU once it has done
   * work, with the reason if it was lost.
   */
  get device(): {
    readonly backend: string;
    readonly threads: number;
    readonly [detail: string]: unknown;
  } {
    const { backend, weights, workDevice } = this.engine;
    return {
      ...{ backend: backend.name, threads: 1, ...(weights && { weights }) },
      ...backend.details,
      ...workDevice?.details,
    };
  }

  /** A copy of every parameter, by name. */
  parameters(): Map<string, NamedTensor> {
    return this.engine.parameters();
  }

  /**
   * Replaces parameters; those not named are unchanged.
   * @throws TypeError or RangeError for an unknown name, a wrong shape or a value that is not finite
   */
  setParameters(values: NewParameters): void {
    this.engine.setParameters(values);
  }

  /**
   * Mean and log-variance of q(z | x), for the layer next to the data, `[rows, L]` each. With flows or in a ladder they
   * have no closed form and are computed from `samples` draws, whose noise is the same for every row. `samplePosterior`
   * returns the draws themselves.
   */
  async encode(
    x: Rows,
    options: MomentOptions & ConditionOptions = {},
  ): Promise<{ mean: Matrix; logVar: Matrix }> {
    const { condition, ...draws } = callOptions(options, MOMENT_KEYS);
    const rows = toRows(this.spec, x, condition);
    return await encodeRows(this.engine, this.spec, rows, draws);
  }

  /**
   * q(y | x) of every class, `[rows, C]`, for a model with a classifier.
   * @throws TypeError if the model has none
   */
  async classify(x: Rows): Promise<Matrix> {
    if (!this.spec.classifier) throw new TypeError("Cannot classify: the model has no classifier");
    const rows = toMatrix(x, this.spec.inputs);
    requireData(this.spec, rows.data);
    return (await this.engine.mapLater("classify", "x", rows)).probabilities;
  }

  /** E[x | z], `[rows, D]`, for z `[rows, L]`. */
  async decode(z: Rows, options: ConditionOptions = {}): Promise<Matrix> {
    const { condition } = callOptions(options);
    const latents = toConditioned(this.spec, latentSize(this.spec), z, condition);
    return (await this.engine.mapLater("decode", "z", latents)).mean;
  }

  /** E[x | z] at z = E[z | x], `[rows, D]`. */
  async reconstruct(x: Rows, options: ConditionOptions = {}): Promise<Matrix> {
    const { condition } = callOptions(options);
    const rows = toRows(this.spec, x, condition);
    return (await this.engine.mapLater("reconstruct", "x", rows)).mean;
  }

  /**
   * `count` draws of x from the model, `[count, D]`: z ~ p(z), x ~ p(x | z). With `mean`, E[x | z] instead of the
   * second draw. Draw i depends only on the seed, i and its condition.
   */
  async sample(count: number, options: SampleOptions = {}): Promise<Matrix> {
    return (await this.sampleJoint(count, options)).x;
  }

  /** Draws of (x, z) ~ p(z) p(x | z): those of `sample`, with their z, `[count, L]`. */
  async sampleJoint(
    count: number,
    options: SampleOptions = {},
  ): Promise<{ readonly x: Matrix; readonly z: Matrix }> {
    const request = { first: 0, count, ...callOptions(options, SAMPLE_KEYS) };
    return await this.engine.run(
      { name: "sample", rows: count },
      (programs) => drawPairs(programs, this.spec, request),
    );
  }

  /**
   * A draw z ~ q(z | x) for each row, `[rows, L]`. Together with rows of data, these are draws of (x, z) in the
   * inference direction. A row's draw depends on the seed and its index.
   */
  async samplePosterior(
    x: Rows,
    options: { readonly seed?: number } & ConditionOptions = {},
  ): Promise<Matrix> {
    const { seed = 0, condition } = callOptions(options, ["seed"]);
    const rows = toRows(this.spec, x, condition);
    requireClasses(this.spec, rows, "draw from q(z | x)");
    return (await this.engine.mapLater("posterior", "x", rows, { seed })).z;
  }

  /** The bound and its parts per row, and importance-sampled ln p(x), in nats. */
  async evaluate(
    x: Rows,
    options: EvaluationOptions & ConditionOptions = {},
  ): Promise<Evaluation> {
    const { condition, ...draws } = callOptions(options, EVALUATION_KEYS);
    const rows = toRows(this.spec, x, condition);
    return await evaluateModel(this.engine, this.spec, rows, draws);
  }

  /** ELBO per row, nats, estimated from `samples` draws. */
  async elbo(
    x: Rows,
    options: EvaluationOptions & ConditionOptions = {},
  ): Promise<Float64Array> {
    const { condition, ...draws } = callOptions(options, EVALUATION_KEYS);
    return (await boundsOf(this.engine, toRows(this.spec, x, condition), draws)).elbo;
  }

  /** ln p(x) per row, nats, importance-sampled with `samples` draws: a lower bound that tightens with their number. */
  async logLikelihood(
    x: Rows,
    options: EvaluationOptions & ConditionOptions = {},
  ): Promise<Float64Array> {
    const { condition, ...draws } = callOptions(options, EVALUATION_KEYS);
    const rows = toRows(this.spec, x, condition);
    return (await boundsOf(this.engine, rows, { samples: 100, ...draws })).logLikelihood;
  }

  /**
   * One score per row, nats; higher is more anomalous.
   * @throws RangeError naming a row whose score is not finite
   */
  async score(
    x: Rows,
    options: { readonly method?: ScoreMethod } & ConditionOptions = {},
  ): Promise<Float64Array> {
    const { method = "elbo", condition } = callOptions(options, ["method"]);
    requireChoice("method", method, ["elbo", "reconstruction", "kl"]);
    const isLate = showsBadCells(this.spec) && condition === undefined;
    const rows = isLate ? toUnchecked(x, this.spec.inputs) : toRows(this.spec, x, condition);
    const away = this.engine.mapAway("rowScores", "x", rows, SCORING);
    if (!away) return this.#hostScores(rows, method);
    const { reconstruction, divergence } = await away;
    if (method === "elbo") return sumOf(reconstruction.data, divergence.data);
    return new Float64Array((method === "kl" ? divergence : reconstruction).data);
  }

  #hostScores(rows: Matrix, method: ScoreMethod): Float64Array {
    try {
      return this.onHost.scores(rows, method);
    } catch (error) {
      // Rows that were not checked: names the cell.
      toMatrix(rows, rows.shape[1]);
      throw error;
    }
  }

  /**
   * Scores one row into `out[0]`, as `score` does. Allocates nothing after the first call. The caller is responsible
   * for the values: only the score is checked. A value that the likelihood does not allow, such as 2 under a Bernoulli
   * likelihood, gives a finite but meaningless score. A conditional model's row ends with its condition, which a
   * classifier's row may omit; NaN marks a missing cell, if the spec accepts these.
   * @throws RangeError for a row of the wrong length, an empty `out`, or a score that is not finite
   */
  scoreInto(row: Float32Array, out: Float32Array | Float64Array): void {
    const { inputs, condition, classifier } = this.spec, width = inputs + condition;
    const isWhole = row.length === width || (classifier && row.length === inputs);
    if (!isWhole) {
      throw new RangeError(
        `Cannot score row: expected ${width} numbers, got ${row.length}`,
      );
    }
    requireRoom(out);
    const score = this.onHost.singleScore();
    score.x.set(row);
    if (row.length < width) score.x.fill(0, row.length);
    if (this.spec.missing) markObserved(score.x, this.onHost.placeholders);
    out[0] = requireFiniteScore(score.run());
  }

  /** The model file. */
  save(): Uint8Array {
    return writeModelFile(this.modelFile());
  }

  /** Frees the memory; the model must not be used afterwards. */
  dispose(): void {
    this.engine.dispose();
  }

  /**
   * The contents that `save` writes.
   * @internal
   */
  modelFile(): UnpackedFile {
    const tensors = parameterTensors(this.parameters());
    return { kind: "vae", metadata: { spec: this.spec }, tensors };
  }
}

/**
 * Spec and parameter values of a file.
 * @throws ModelFileError if a parameter is absent, misshapen or not finite, or the file holds anything unknown
 */
export function fromModelFile(file: ModelFile): [ModelSpec, Map<string, Float32Array>] {
  requireKind(file, ["vae", "detector"]);
  const spec = specOf(file);
  const parameters = parametersOf(spec);
  return [spec, parameterValues(file, parameters)];
}
