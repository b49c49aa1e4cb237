/**
 * The variational autoencoder as users hold it: `TrainedVae` with creation, fitting and gradients.
 *
 * ```ts
 * const vae = VAE.create({ inputs: 6, latent: [{ size: 2 }] }, { seed: 1 });
 * const report = await vae.fit(rows, { epochs: 20 });
 * const scores = await vae.score(rows);
 * ```
 */
import type { SyncProgram } from "../backends/backend.ts";
import { type OpenBackend, openBackend } from "../backends/open.ts";
import { requireChoice, requireNumber, requireObject } from "../core/validate.ts";
import { readStateDict, type StateDictOptions } from "../exports/state_dict.ts";
import type { Plan } from "../graph/plan.ts";
import { type Initialization, initialize } from "../models/initialize.ts";
import { type ModelSpecInput, parseSpec } from "../models/spec.ts";
import { parametersOf } from "../models/vae_graph.ts";
import { DEVICE_KEYS, type DeviceOptions, splitDevice } from "../trained/device_options.ts";
import { type ConditionOptions, type Matrix, type Rows, toRows } from "../trained/matrix.ts";
import { fromModelFile, loadModelFile, TrainedVae } from "../trained/trained_vae.ts";
import { allocateState } from "./auxiliary_state.ts";
import { digestOf, type RunIdentity } from "./checkpoint.ts";
import { type ElboSurgery, surgeryOf, type SurgeryOptions } from "./elbo_surgery.ts";
import type { GradientOptions } from "./given.ts";
import { type LossAndGradients, lossAndGradients } from "./gradients.ts";
import { byLabel, toTrainingRows } from "./labelled_rows.ts";
import { measure, referenceFor } from "./measure.ts";
import { hasVariance, optimalVariances } from "./optimal_variance.ts";
import { type FitOptions, parseRecipe, type Recipe } from "./options.ts";
import { type GapOptions, type Gaps, gapsOf } from "./refinement.ts";
import { type GpuRequest, openGpuSteps } from "./gpu_choice.ts";
import type { GpuSteps } from "./gpu_steps.ts";
import { type FitReport, gpuDetails } from "./report.ts";
import { mixed, type RowOrder, shuffled } from "./row_order.ts";
import { type NamedScoreOptions, scoreBy, type Scored, type ScoreSettings } from "./scores/mod.ts";
import { scoringDevice } from "./scoring_device.ts";
import { copyOf, firstRows, splitRows } from "./split_rows.ts";
import { auxiliaryParameters, lossPlan, stateLayout, trainPlan } from "./train_program.ts";
import { train } from "./trainer.ts";

/** How to start a model. */
export interface CreateOptions extends DeviceOptions {
  /** Fixes the initial parameters, and training unless `fit` is given another; 0. */
  readonly seed?: number;
  /** "auto": He where half of the activations are cut off, Xavier elsewhere. */
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
  #gpu?: GpuSteps; // of the last fit

  /**
   * A model with fresh parameters.
   * @throws TypeError or RangeError naming the field of the spec that cannot be
   */
  static create(spec: ModelSpecInput, options: CreateOptions = {}): VAE {
    requireObject("create options", options, ["seed", "initialization", ...DEVICE_KEYS]);
    const [device, { seed = 0, initialization = "auto" }] = splitDevice(options);
    requireChoice("initialization", initialization, ["auto", "xavier", "he"]);
    const canonical = parseSpec(spec);
    requireNumber("seed", seed, { integer: true });
    const vae = new VAE(
      canonical,
      initialize(parametersOf(canonical), seed, initialization),
      device,
    );
    vae.#seed = seed;
    return vae;
  }

  /**
   * A model from the state_dict of a plain PyTorch VAE, as safetensors: see `exports/state_dict.ts`.
   * @throws TypeError or RangeError naming the tensor or layer that does not fit
   */
  static fromStateDict(
    bytes: Uint8Array,
    options: StateDictOptions = {},
    device: DeviceOptions = {},
  ): VAE {
    const { spec, values } = readStateDict(bytes, options);
    return new VAE(spec, values, device);
  }

  /** A model from the bytes of its file, or from where a URL points. */
  static override async load(source: Uint8Array | URL, device: DeviceOptions = {}): Promise<VAE> {
    return new VAE(...fromModelFile(await loadModelFile(source)), device);
  }

  /**
   * Trains on the rows.
   * @throws DivergenceError if no learning rate gives finite steps; the signal's reason if aborted
   */
  async fit(rows: Rows, options: FitOptions = {}): Promise<FitReport> {
    const recipe = parseRecipe(options, this.#seed, this.spec);
    if (recipe.binarize && this.spec.likelihood.type !== "bernoulli") {
      throw new TypeError("Cannot train: binarize needs a Bernoulli likelihood");
    }
    if (this.spec.classifier && hasVariance(this.spec, "optimal")) {
      throw new TypeError('Cannot train: a classifier excludes the variance "optimal"');
    }
    const matrix = toTrainingRows(this.spec, rows, options);
    const { training, validation } = this.#split(matrix, options, recipe);
    if (training.shape[0] === 0) throw new RangeError("Cannot train: there is no row to train on");
    this.#requireIdle();
    this.#fitting = this.engine.isMoving = true;
    try {
      await this.engine.workDevice?.settled();
      return await this.#train(training, validation, recipe, options);
    } finally {
      this.#fitting = this.engine.isMoving = false;
      // The model is what its file holds: float32, also where training ran in float64.
      super.setParameters(this.parameters());
    }
  }

  /**
   * Replaces parameters; those not named stay.
   * @throws TypeError or RangeError for an unknown name, a wrong shape or a value that is not
   *   finite; DOMException while the model is being fitted
   */
  override setParameters(values: Parameters<TrainedVae["setParameters"]>[0]): void {
    this.#requireIdle();
    super.setParameters(values);
  }

  /**
   * The mean objective to minimise, nats per row, and its derivative by every parameter, for noise
   * that the caller gives: deterministic, so that it can be compared with any other route.
   */
  async lossAndGradients(x: Rows, options: GradientOptions): Promise<LossAndGradients> {
    return lossAndGradients({ spec: this.spec, engine: this.engine, seed: this.#seed }, x, options);
  }

  /**
   * How far each row's ELBO is from its ln p(x), nats, split into what the family of q cannot reach and
   * what the encoder leaves of that.
   * @throws RangeError if q(z | x) is not one diagonal Gaussian
   */
  async gaps(
    x: Rows,
    { condition, ...options }: GapOptions & ConditionOptions = {},
  ): Promise<Gaps> {
    const rows = toRows(this.spec, x, condition);
    return gapsOf(this.#model(), rows, this.#posterior(rows), options);
  }

  /**
   * One score per row by name, see `scores/mod.ts`; higher is more anomalous.
   * @throws TypeError or RangeError naming the option, or the row whose score is not finite
   */
  override async score(
    x: Rows,
    { condition, ...options }: NamedScoreOptions & ConditionOptions = {},
  ): Promise<Float64Array> {
    const { method = "elbo", ...others } = options;
    const isPlain = method === "elbo" || method === "reconstruction" || method === "kl";
    if (isPlain && Object.keys(others).length === 0) return super.score(x, { method, condition });
    const toMatrix = (given: Rows) => toRows(this.spec, given),
      rows = toRows(this.spec, x, condition);
    return scoreBy((settings) => this.#scored(settings), rows, toMatrix, options);
  }

  #scored({ samples, seed }: ScoreSettings): Scored {
    return {
      hasMask: this.spec.missing !== undefined,
      costs: (x) => this.costs(x),
      reconstruct: (x) => this.reconstructSync(x),
      means: (x) => this.#posterior(x).mean,
      evaluate: (x) => this.evaluateSync(x, { samples, seed }),
      gaps: (x, options) => gapsOf(this.#model(), x, this.#posterior(x), options),
    };
  }

  #posterior(x: Matrix): { mean: Matrix; logVar: Matrix } {
    const { mean, logVar } = this.engine.map("encode", "x", x);
    return { mean, logVar };
  }

  /**
   * The mean KL of the rows, taken apart: what z says of the row, how its dimensions hang together, and
   * how far each is from the prior; nats a row.
   * @throws RangeError if q(z | x) is not one diagonal Gaussian, or there is no row
   */
  async surgery(
    x: Rows,
    { condition, ...options }: SurgeryOptions & ConditionOptions = {},
  ): Promise<ElboSurgery> {
    return surgeryOf(this.#model(), toRows(this.spec, x, condition), options);
  }

  /** What builds and compiles a program of its own over the model's parameters. */
  #model() {
    const { layout: parameters, backend, segment } = this.engine;
    const compile = (plan: Plan) => backend.compile(plan, { parameters: segment });
    return { spec: this.spec, parameters, compile };
  }

  async #train(
    data: Matrix,
    validation: Matrix | undefined,
    recipe: Recipe,
    { onProgress, signal, checkpoint: store }: FitOptions,
  ): Promise<FitReport> {
    const { backend, layout: parameters, parameterSpecs, segment } = this.engine;
    const { objective, optimizer, seed } = recipe, order = this.#order(data, recipe);
    const capacity = Math.min(recipe.batchSize, order.length);
    const reference = referenceFor(objective, capacity, data.shape[0]);
    const { spec } = this, { binarize } = recipe;
    const model = { spec, objective, optimizer, binarize, capacity, parameters, reference };
    const auxiliary = auxiliaryParameters(model);
    const state = stateLayout(optimizer, parameterSpecs, auxiliary);
    const request = { ...model, state };
    const moments = allocateState(backend, state, auxiliary, seed);
    const segments = { parameters: segment, state: moments };
    const programs: SyncProgram[] = [];
    const compile = (plan: Plan) => {
      programs.push(backend.compile(plan, segments));
      return programs.at(-1)!;
    };
    try {
      const program = compile(trainPlan(request));
      const loss = compile(lossPlan(request));
      await backend.ready?.();
      const lengths = { parameters: segment.length, state: moments.length };
      this.#gpu = await this.#openGpu(program.plan, lengths, data, order, recipe);
      return await train({
        ...segments,
        gpu: this.#gpu,
        backend,
        program,
        recipe,
        data,
        order,
        settle: this.#settling(data, seed),
        measure: () => measure(loss, objective, data, seed),
        validate: validation && (() => this.#validate(loss, validation, recipe)),
        onProgress,
        signal,
        checkpoint: store && { store, identity: this.#identity(data, validation, recipe) },
        clock: () => performance.now(),
      });
    } finally {
      this.#gpu?.dispose();
      for (const program of programs) program.dispose();
      moments.dispose();
    }
  }

  #openGpu(
    plan: Plan,
    lengths: GpuRequest["lengths"],
    data: Matrix,
    { length: orderLength }: RowOrder,
    { epochs, batchSize }: Recipe,
  ): Promise<GpuSteps | undefined> {
    const { device } = this.engine;
    const steps = epochs * Math.ceil(orderLength / batchSize);
    const clock = () => performance.now();
    return openGpuSteps({ device, plan, lengths, data, orderLength, steps, clock });
  }

  /** What is really in use, and what the last fit used. */
  override get device(): TrainedVae["device"] {
    return { ...super.device, ...gpuDetails({ gpu: this.#gpu?.report }) };
  }

  /** The rows of every epoch: mixed where some lack their label. */
  #order(data: Matrix, { labelledShare, seed }: Recipe): RowOrder {
    const [rows] = data.shape;
    if (labelledShare === undefined) return shuffled(rows, seed);
    const { labelled, unlabelled } = byLabel(data, this.spec.condition);
    const share = Math.max(labelledShare, labelled.length / rows);
    return labelled.length === 0 || unlabelled.length === 0
      ? shuffled(rows, seed)
      : mixed(labelled, unlabelled, share, seed);
  }

  /** The mean ELBO of rows; of rows with or without labels that of the objective's own bound. */
  #validate(loss: SyncProgram, rows: Matrix, { objective, seed }: Recipe): number {
    if (objective.type !== "semiSupervised") {
      return mean(this.evaluateSync(rows, { seed }).elbo);
    }
    return -measure(loss, objective, rows, seed, Infinity);
  }

  /** What sets the variances that training takes from each batch to those of many rows. */
  #settling(data: Matrix, seed: number): (() => void) | undefined {
    const settle = () => this.#settle(firstRows(data, SETTLED_ROWS), seed);
    return hasVariance(this.spec, "optimal") ? settle : undefined;
  }

  #settle(rows: Matrix, seed: number): void {
    const squares = this.squaredResiduals(rows, seed);
    this.engine.setParameters(optimalVariances(this.spec, "optimal", squares));
  }

  /** All that decides the bytes a run ends with. */
  #identity(data: Matrix, validation: Matrix | undefined, recipe: Recipe): RunIdentity {
    // Neither threads nor how single rows are scored decide anything.
    const { weights: _weights, threads: _threads, reason: _reason, ...device } = super.device;
    return {
      spec: this.spec,
      recipe,
      data: digestOf([data]),
      validation: digestOf(validation ? [validation] : []),
      start: digestOf(this.parameters().values()),
      device,
    };
  }

  #requireIdle(): void {
    if (!this.#fitting) return;
    throw new DOMException("Cannot change the model: it is being fitted", "InvalidStateError");
  }

  /** Keeps back the rows that the options ask for, chosen by the seed. */
  #split(
    data: Matrix,
    { validation, validationCondition: condition, validationLabels: labels }: FitOptions,
    { seed }: Recipe,
  ): { training: Matrix; validation?: Matrix } {
    // A copy: the caller may change the rows while training goes on.
    if (!validation) return { training: copyOf(data) };
    if (typeof validation !== "number") {
      const rows = toTrainingRows(this.spec, validation, { condition, labels });
      if (rows.shape[0] === 0) throw new RangeError("Cannot validate: there is no validation row");
      return { training: copyOf(data), validation: copyOf(rows) };
    }
    requireNumber("validation", validation, { above: 0, max: 0.9 });
    return splitRows(data, validation, seed);
  }
}

/** Rows from which variances in closed form are taken. */
const SETTLED_ROWS = 10_000;

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
