/**
 * The variational autoencoder for users: `TrainedVae` with creation, fitting and gradients.
 *
 * ```ts
 * const vae = VAE.create({ inputs: 6, latent: [{ size: 2 }] }, { seed: 1 });
 * const report = await vae.fit(rows, { epochs: 20 });
 * const scores = await vae.score(rows);
 * ```
 */
import { type OpenBackend, openBackend } from "../backends/open.ts";
import { INSPECT, shownAs } from "../core/inspect.ts";
import { requireChoice, requireNumber, requireObject } from "../core/validate.ts";
import { readStateDict, type StateDictOptions } from "../exports/state_dict.ts";
import { layOut } from "../graph/layout.ts";
import type { ParameterSpec } from "../layers/scope.ts";
import { type Initialization, initialize } from "../models/initialize.ts";
import { type ModelSpec, type ModelSpecInput, parseSpec } from "../models/spec.ts";
import { parametersOf } from "../models/vae_graph.ts";
import { DEVICE_KEYS, type DeviceOptions, splitDevice } from "../trained/device_options.ts";
import type { Rows } from "../trained/rows/matrix.ts";
import { type ConditionOptions, toRows } from "../trained/rows/model_rows.ts";
import {
  fromModelFile,
  loadModelFile,
  type NewParameters,
  TrainedVae,
} from "../trained/trained_vae.ts";
import { type ElboSurgery, surgeryOf, type SurgeryOptions } from "./analysis/elbo_surgery.ts";
import { FitRun } from "./fit_run.ts";
import type { GradientOptions } from "./gradients/gradient_options.ts";
import { Gradients, type LossAndGradients } from "./gradients/gradients.ts";
import type { FitOptions } from "./options.ts";
import { type GapOptions, type Gaps, gapsOf } from "./analysis/gaps.ts";
import { type FitReport, gpuDetails } from "./report.ts";
import { type NamedScoreOptions, scoreBy } from "./scores/mod.ts";
import { scoringDevice } from "./scoring_device.ts";

/** Options for creating a model. */
export interface CreateOptions extends DeviceOptions {
  /** Fixes the initial parameters, and the training unless `fit` gets another seed. Default: 0. */
  readonly seed?: number;
  /** "auto", the default, is He for activations that cut off one half, and Xavier for others. */
  readonly initialization?: Initialization;
}

/** A variational autoencoder: create it, fit it, use it, save it. */
export class VAE extends TrainedVae {
  /** @internal */
  protected static override readonly openBackend: OpenBackend = openBackend;
  /** @internal */
  protected static override readonly workDevice = scoringDevice;
  #seed = 0;
  #fitting = false;
  #lastRun?: FitRun;
  #gradients?: Gradients;

  /** Creates a model with given parameter values; usually called through `create` or `load`. */
  constructor(
    spec: ModelSpec,
    values: ReadonlyMap<string, ArrayLike<number>>,
    device: DeviceOptions = {},
  ) {
    if (values?.get === undefined) {
      throw new TypeError(
        "Cannot create model: it has no parameters: call VAE.create, or VAE.load",
      );
    }
    super(spec, values, device);
  }

  /**
   * Creates a model with fresh parameters.
   * @throws TypeError or RangeError naming the invalid field of the spec; RangeError if the parameters exceed the
   *   memory
   */
  static create(spec: ModelSpecInput, options: CreateOptions = {}): VAE {
    requireObject("create options", options, ["seed", "initialization", ...DEVICE_KEYS]);
    const [device, { seed = 0, initialization = "auto" }] = splitDevice(options);
    requireChoice("initialization", initialization, ["auto", "xavier", "he"]);
    const canonical = parseSpec(spec);
    requireNumber("seed", seed, { integer: true });
    const parameters = parametersOf(canonical);
    if (device.backend !== "reference") requireAddressable(parameters);
    const vae = new VAE(canonical, initialize(parameters, seed, initialization), device);
    vae.#seed = seed;
    return vae;
  }

  /**
   * Creates a model from the state_dict of a plain PyTorch VAE, as safetensors, see `exports/state_dict.ts`.
   * @throws SyntaxError naming the tensor or layer that does not fit; TypeError or RangeError for invalid options
   */
  static fromStateDict(
    bytes: Uint8Array,
    options: StateDictOptions = {},
    device: DeviceOptions = {},
  ): VAE {
    const { spec, values } = readStateDict(bytes, options);
    return new VAE(spec, values, device);
  }

  /** Loads a model from the bytes or the URL of its file. */
  static override async load(
    source: Uint8Array | ArrayBuffer | URL,
    device: DeviceOptions = {},
  ): Promise<VAE> {
    return new VAE(...fromModelFile(await loadModelFile(source)), device);
  }

  /**
   * Trains on the rows.
   * @throws DivergenceError if no learning rate gives finite steps; the signal's reason if aborted
   */
  async fit(rows: Rows, options: FitOptions = {}): Promise<FitReport> {
    const { spec, engine, onHost } = this;
    const run = new FitRun({ spec, engine, onHost }, rows, options, this.#seed);
    this.#requireIdle();
    this.#lastRun = run;
    this.#fitting = this.engine.isTraining = true;
    try {
      await this.engine.workDevice?.settled();
      return await run.train();
    } finally {
      this.#fitting = this.engine.isTraining = false;
      // The parameters are rounded to float32, as its file holds them, even if training ran in float64.
      super.setParameters(this.parameters());
    }
  }

  /**
   * Replaces parameters; those not named are unchanged.
   * @throws TypeError or RangeError for an unknown name, a wrong shape or a value that is not
   *   finite; DOMException while the model is being fitted
   */
  override setParameters(values: NewParameters): void {
    this.#requireIdle();
    super.setParameters(values);
  }

  /** What a console shows. */
  [INSPECT](): object {
    const { spec, engine, device } = this;
    const parameters = engine.parameterSpecs.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
    return shownAs("VAE", { spec, parameters, device });
  }

  /**
   * The mean objective to minimise, nats per row, and its derivatives with respect to all parameters, for given noise:
   * deterministic, so that it can be compared with other implementations.
   */
  async lossAndGradients(x: Rows, options: GradientOptions): Promise<LossAndGradients> {
    const { spec, engine } = this;
    this.#gradients ??= new Gradients({ spec, engine, seed: this.#seed });
    return this.#gradients.of(x, options);
  }

  /**
   * The gap between each row's ELBO and its ln p(x), nats, split into the part due to the family of q and the part due
   * to the encoder.
   * @throws RangeError if q(z | x) is not one diagonal Gaussian
   */
  async gaps(
    x: Rows,
    options: GapOptions & ConditionOptions = {},
  ): Promise<Gaps> {
    const { condition, ...draws } = options;
    return gapsOf(this.onHost, toRows(this.spec, x, condition), draws);
  }

  /**
   * One score per row by name, see `scores/mod.ts`; higher is more anomalous.
   * @throws TypeError or RangeError naming the option, or the row whose score is not finite
   */
  override score(
    x: Rows,
    options: NamedScoreOptions & ConditionOptions = NONE,
  ): Promise<Float64Array> {
    return options === NONE ? super.score(x) : this.#scoreBy(x, options);
  }

  async #scoreBy(
    x: Rows,
    { condition, ...options }: NamedScoreOptions & ConditionOptions,
  ): Promise<Float64Array> {
    const { method = "elbo", ...otherOptions } = options;
    const isPlain = method === "elbo" || method === "reconstruction" || method === "kl";
    if (isPlain && Object.keys(otherOptions).length === 0) {
      return super.score(x, { method, condition });
    }
    const toMatrix = (given: Rows) => toRows(this.spec, given);
    const rows = toRows(this.spec, x, condition);
    return scoreBy(this.onHost, rows, toMatrix, options);
  }

  /**
   * Decomposes the mean KL of the rows, in nats per row: the information of z about the row, the dependence between its
   * dimensions, and the distance of each dimension from the prior.
   * @throws RangeError if q(z | x) is not one diagonal Gaussian, or there is no row
   */
  async surgery(
    x: Rows,
    options: SurgeryOptions & ConditionOptions = {},
  ): Promise<ElboSurgery> {
    const { condition, ...draws } = options;
    return surgeryOf(this.onHost, toRows(this.spec, x, condition), draws);
  }

  /** The device in use, and the one used by the last fit. */
  override get device(): TrainedVae["device"] {
    return { ...super.device, ...gpuDetails({ gpu: this.#lastRun?.gpu }) };
  }

  #requireIdle(): void {
    if (!this.#fitting) return;
    throw new DOMException("Cannot change the model: it is being trained", "InvalidStateError");
  }
}

/** No options: the common case takes no detour. */
const NONE: NamedScoreOptions = {};

/** Number of float32 values in the 4 GiB that WebAssembly can address. */
const MAX_NUMBERS = 2 ** 30;

/** @throws RangeError before minutes and gigabytes are spent on parameters that cannot be allocated */
function requireAddressable(parameters: readonly ParameterSpec[]): void {
  const { length } = layOut("parameters", parameters);
  if (length < MAX_NUMBERS) return;
  throw new RangeError(
    `Cannot create model: WebAssembly holds at most 4 GiB, its ${length} parameters need ${
      4 * length
    } bytes`,
  );
}
