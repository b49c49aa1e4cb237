/**
 * The restricted Boltzmann machine for users: `TrainedRbm` with creation and fitting.
 *
 * ```ts
 * const rbm = Rbm.create({ visible: 16, hidden: 8 }, { seed: 1 });
 * await rbm.fit(rows, { epochs: 100, objective: { type: "pcd", sweeps: 1 } });
 * const scores = await rbm.score(rows);
 * const { logPartition, standardError } = await rbm.logPartition();
 * ```
 */
import { requireNumber, requireObject } from "../../core/validate.ts";
import { initialize } from "../../models/initialize.ts";
import { parseRbmSpec, rbmParameters, type RbmSpec } from "../../models/rbm.ts";
import { DEVICE_KEYS, type DeviceOptions, splitDevice } from "../../trained/device_options.ts";
import type { Rows } from "../../trained/rows/matrix.ts";
import { baseRates } from "../../trained/rbm/partition.ts";
import { loadRbm, TrainedRbm } from "../../trained/rbm/trained_rbm.ts";
import { stateLayout } from "../program/train_program.ts";
import { parseRbmRecipe, type RbmFitOptions, type RbmReport } from "./rbm_options.ts";
import { rbmTrainPlan } from "./rbm_program.ts";
import { trainRbm } from "./rbm_trainer.ts";

/** Options for creating a machine. */
export interface RbmCreateOptions extends DeviceOptions {
  /** Fixes the initial weights, and the training unless `fit` gets another seed. Default: 0. */
  readonly seed?: number;
}

/** A restricted Boltzmann machine of binary units: create it, fit it, use it, save it. */
export class Rbm extends TrainedRbm {
  #seed = 0;
  #fitting = false;
  /** Whether the parameters are still those set by `create`. */
  #fresh = false;

  /**
   * Creates a machine with fresh parameters: small random weights, no biases.
   * @throws TypeError or RangeError naming the invalid field of the spec
   */
  static create(spec: RbmSpec, options: RbmCreateOptions = {}): Rbm {
    requireObject("create options", options, ["seed", ...DEVICE_KEYS]);
    const [device, { seed = 0 }] = splitDevice(options);
    requireNumber("seed", seed, { integer: true });
    const canonical = parseRbmSpec(spec);
    const rbm = new Rbm(canonical, initialize(rbmParameters(canonical), seed), device);
    rbm.#seed = seed;
    rbm.#fresh = true;
    return rbm;
  }

  /** Loads a machine from the bytes or the URL of its file. */
  static override async load(
    source: Uint8Array | ArrayBuffer | URL,
    device: DeviceOptions = {},
  ): Promise<Rbm> {
    return new Rbm(...await loadRbm(source), device);
  }

  /**
   * Trains on rows of zeros and ones; grey values in between count as probabilities. A newly created machine first sets
   * its visible biases from the rows' means (Hinton, 2010, section 8); otherwise all hidden units would first learn the
   * mean.
   * @throws DivergenceError if steps stay non-finite; the signal's reason if aborted
   */
  async fit(rows: Rows, options: RbmFitOptions = {}): Promise<RbmReport> {
    const recipe = parseRbmRecipe(options, this.#seed);
    const given = this.rows(rows);
    if (given.shape[0] === 0) throw new RangeError("Cannot train: there are no rows to train on");
    this.#requireIdle();
    // A copy: the caller may change the rows during training.
    const data = { data: given.data.slice(), shape: given.shape };
    const { onProgress, signal } = options;
    signal?.throwIfAborted();
    const { backend, layout: parameters, parameterSpecs, segment } = this.engine;
    const state = stateLayout(recipe.optimizer, parameterSpecs);
    const capacity = Math.min(recipe.batchSize, data.shape[0]);
    const plan = rbmTrainPlan({ spec: this.spec, ...recipe, capacity, parameters, state });
    const segments = { parameters: segment, state: backend.allocate(state.length) };
    if (this.#fresh) this.setParameters(new Map([["visible.bias", { data: baseRates(data) }]]));
    this.#fitting = true;
    try {
      const program = backend.compile(plan, segments);
      const run = { program, parameters: segment, recipe, data, onProgress, signal };
      return await trainRbm(run).finally(() => program.dispose());
    } finally {
      segments.state.dispose();
      this.#fitting = false;
      // The parameters are rounded to float32, as its file holds them, even if training ran in float64.
      super.setParameters(this.parameters());
    }
  }

  /**
   * Replaces parameters; those not named are unchanged.
   * @throws TypeError or RangeError for an unknown name, a wrong shape or a value that is not
   *   finite; DOMException while the machine is being fitted
   */
  override setParameters(values: Parameters<TrainedRbm["setParameters"]>[0]): void {
    this.#requireIdle();
    this.#fresh = false;
    super.setParameters(values);
  }

  #requireIdle(): void {
    if (!this.#fitting) return;
    throw new DOMException("Cannot change the model: it is being trained", "InvalidStateError");
  }
}
