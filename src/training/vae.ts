/**
 * The variational autoencoder as users hold it: `TrainedVae` with creation, fitting and gradients.
 *
 * ```ts
 * const vae = VAE.create({ inputs: 6, latent: [{ size: 2 }] }, { seed: 1 });
 * const report = await vae.fit(rows, { epochs: 20 });
 * const scores = await vae.score(rows);
 * ```
 */
import { permutation } from "../core/philox.ts";
import { STREAMS } from "../core/streams.ts";
import { requireNumber } from "../core/validate.ts";
import { type Initialization, initialize } from "../models/initialize.ts";
import { type ModelSpecInput, parseSpec } from "../models/spec.ts";
import { parametersOf } from "../models/vae_graph.ts";
import { type Objective, parseObjective } from "../objectives/objective.ts";
import { type Matrix, type Rows, toMatrix } from "../scoring/matrix.ts";
import {
  type DeviceOptions,
  fromModelFile,
  loadModelFile,
  type NamedTensor,
  TrainedVae,
} from "../scoring/trained_vae.ts";
import { dataDigest } from "./checkpoint.ts";
import { takeRows } from "./minibatch.ts";
import { type FitOptions, parseRecipe, type Recipe } from "./options.ts";
import type { FitReport } from "./report.ts";
import { gradientPlan, stateLayout, trainPlan } from "./train_program.ts";
import { train } from "./trainer.ts";

/** How to start a model. */
export interface CreateOptions extends DeviceOptions {
  /** Fixes the initial parameters, and training unless `fit` is given another; 0. */
  readonly seed?: number;
  /** "auto": He where half of the activations are cut off, Xavier elsewhere. */
  readonly initialization?: Initialization;
}

/** What the gradient is taken of. */
export interface GradientOptions {
  /** Standard normal draws, `[rows · samples, L]`: row r's sample k at r · samples + k. */
  readonly noise: Rows;
  /** The ELBO by default. */
  readonly objective?: Partial<Objective>;
}

/** A variational autoencoder: create it, fit it, use it, save it. */
export class VAE extends TrainedVae {
  #seed = 0;

  /**
   * A model with fresh parameters.
   * @throws TypeError or RangeError naming the field of the spec that cannot be
   */
  static create(spec: ModelSpecInput, options: CreateOptions = {}): VAE {
    const { seed = 0, initialization = "auto", ...device } = options;
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

  /** A model from the bytes of its file, or from where a URL points. */
  static override async load(source: Uint8Array | URL, device: DeviceOptions = {}): Promise<VAE> {
    return new VAE(...fromModelFile(await loadModelFile(source)), device);
  }

  /**
   * Trains on the rows.
   * @throws DivergenceError if no learning rate gives finite steps; the signal's reason if aborted
   */
  async fit(rows: Rows, options: FitOptions = {}): Promise<FitReport> {
    const recipe = parseRecipe(options, this.#seed);
    const { train: data, validation } = this.#split(
      toMatrix(rows, this.spec.inputs),
      options,
      recipe,
    );
    if (data.shape[0] === 0) throw new RangeError("Cannot train: there is no row to train on");
    const layout = stateLayout(recipe.optimizer, this.engine.parameterSpecs);
    const segments = {
      parameters: this.engine.segment,
      state: this.engine.backend.allocate(layout.length),
    };
    const plan = trainPlan({
      spec: this.spec,
      objective: recipe.objective,
      optimizer: recipe.optimizer,
      capacity: Math.min(recipe.batchSize, data.shape[0]),
      parameters: this.engine.layout,
      state: layout,
    });
    const program = this.engine.backend.compile(plan, segments);
    const { onProgress, signal, checkpoint: store } = options;
    const identity = () => ({
      spec: this.spec,
      recipe,
      data: dataDigest(data),
      validation: validation ? dataDigest(validation) : null,
    });
    try {
      const report = await train({
        ...segments,
        backend: this.engine.backend,
        program,
        recipe,
        data,
        validate: validation && (() => this.#meanElbo(validation, recipe.seed)),
        onProgress,
        signal,
        checkpoint: store && { store, identity: identity() },
        clock: () => performance.now(),
      });
      // The model is what its file holds: float32, also where training ran in float64.
      this.setParameters(this.parameters());
      return report;
    } finally {
      program.dispose();
      segments.state.dispose();
    }
  }

  /**
   * The mean objective to minimise, nats per row, and its derivative by every parameter, for noise
   * that the caller gives: deterministic, so that it can be compared with any other route.
   */
  async lossAndGradients(
    x: Rows,
    options: GradientOptions,
  ): Promise<{ loss: number; gradients: Map<string, NamedTensor<Float64Array>> }> {
    const objective = parseObjective({ type: "elbo", ...options.objective });
    const data = toMatrix(x, this.spec.inputs);
    const [rows] = data.shape;
    const noise = toMatrix(options.noise, this.spec.latent[0].size);
    if (noise.shape[0] !== rows * objective.samples) {
      throw new RangeError(
        `Cannot compute gradients: noise must have ${
          rows * objective.samples
        } rows: current value is ${noise.shape[0]}`,
      );
    }
    const plan = gradientPlan(this.spec, objective, rows, this.engine.layout);
    const program = this.engine.backend.compile(plan, { parameters: this.engine.segment });
    program.write("x", data.data);
    program.write("noise", noise.data);
    program.write("klWeight", [objective.beta]);
    await program.run(rows);
    const loss = new Float64Array(1);
    program.read("loss", loss);
    const gradients = new Map(this.engine.parameterSpecs.map(({ name, rows, cols }) => {
      const values = new Float64Array(rows * cols);
      program.read(name, values);
      return [name, { shape: [rows, cols] as const, data: values }];
    }));
    program.dispose();
    return { loss: loss[0], gradients };
  }

  #meanElbo(rows: Matrix, seed: number): number {
    const { elbo } = this.evaluateSync(rows, { seed });
    return elbo.reduce((sum, value) => sum + value, 0) / elbo.length;
  }

  /** Keeps back the rows that the options ask for, chosen by the seed. */
  #split(
    data: Matrix,
    { validation }: FitOptions,
    { seed }: Recipe,
  ): { train: Matrix; validation?: Matrix } {
    if (validation === undefined || validation === 0) return { train: data };
    if (typeof validation !== "number") {
      return { train: data, validation: toMatrix(validation, this.spec.inputs) };
    }
    requireNumber("validation", validation, { min: 0, max: 0.9 });
    return splitRows(data, validation, seed);
  }
}

/** `fraction` of the rows, at least one, as validation; the rest as training rows, in file order. */
export function splitRows(
  data: Matrix,
  fraction: number,
  seed: number,
): { train: Matrix; validation: Matrix } {
  const [rows] = data.shape;
  const kept = Math.min(rows - 1, Math.max(1, Math.round(fraction * rows)));
  const order = permutation(rows, seed, 0, STREAMS.split);
  return {
    validation: takeRows(data, order.subarray(0, kept).sort()),
    train: takeRows(data, order.subarray(kept).sort()),
  };
}
