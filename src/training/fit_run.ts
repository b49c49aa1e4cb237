/**
 * One call of `fit`: checks options and rows, holds out validation rows, compiles the programs of a step, opens a GPU
 * if one is wanted, and runs the loop of `trainer.ts`.
 */
import type { SyncProgram } from "../backends/backend.ts";
import { requireNumber } from "../core/validate.ts";
import type { Plan } from "../graph/plan.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { Engine } from "../trained/engine.ts";
import type { Matrix, Rows } from "../trained/rows/matrix.ts";
import type { OnHost } from "../trained/on_host.ts";
import type { ProgramName } from "../trained/programs/programs.ts";
import { allocateState } from "./program/auxiliary_state.ts";
import { digestOf, type RunIdentity } from "./run/checkpoint.ts";
import { openTrainingGpu, type TrainingGpu } from "./gpu/choice.ts";
import { byLabel, toTrainingRows } from "./rows/labelled_rows.ts";
import { measure, referenceFor } from "./measure.ts";
import { hasVariance, optimalVariances } from "./optimal_variance.ts";
import { type FitOptions, parseRecipe, type Recipe } from "./options.ts";
import type { FitReport, GpuReport } from "./report.ts";
import { mixedByLabel, type RowOrder, shuffled } from "./run/row_order.ts";
import { copyOf, firstRows, splitRows } from "./rows/split_rows.ts";
import { auxiliaryParameters, lossPlan, stateLayout, trainPlan } from "./program/train_program.ts";
import { train } from "./trainer.ts";

/** The model to fit. */
export interface FitModel {
  readonly spec: ModelSpec;
  readonly engine: Engine<ProgramName>;
  readonly onHost: OnHost;
}

/** Number of rows from which closed-form variances are computed. */
const VARIANCE_ROWS = 10_000;

const clock = (): number => performance.now();

export class FitRun {
  readonly #model: FitModel;
  readonly #options: FitOptions;
  readonly #recipe: Recipe;
  readonly #data: Matrix;
  readonly #validation?: Matrix;
  #gpu?: TrainingGpu;

  /**
   * @param seed the model's seed, used if the options have none
   * @throws TypeError or RangeError for options that do not suit the model, or rows that cannot be used
   */
  constructor(model: FitModel, rows: Rows, options: FitOptions, seed: number) {
    const { spec } = model, recipe = parseRecipe(options, seed, spec);
    if (recipe.binarize && spec.likelihood.type !== "bernoulli") {
      throw new TypeError("Cannot train: binarize needs a Bernoulli likelihood");
    }
    if (spec.classifier && hasVariance(spec, "optimal")) {
      throw new TypeError('Cannot train: a classifier cannot have the variance "optimal"');
    }
    const { training, validation } = splitValidation(spec, rows, options, recipe);
    if (training.shape[0] === 0) {
      throw new RangeError("Cannot train: there are no rows to train on");
    }
    this.#model = model;
    this.#options = options;
    this.#recipe = recipe;
    this.#data = training;
    this.#validation = validation;
  }

  /** Report on the GPU, if one was used. */
  get gpu(): GpuReport | undefined {
    return this.#gpu?.report;
  }

  async train(): Promise<FitReport> {
    const { spec, engine: { backend, layout: parameters, parameterSpecs, segment } } = this.#model;
    const { objective, optimizer, seed, binarize, batchSize } = this.#recipe, data = this.#data;
    const { onProgress, signal, checkpoint: store } = this.#options, order = this.#rowOrder();
    const capacity = Math.min(batchSize, order.length);
    const reference = referenceFor(objective, capacity, data.shape[0]);
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
      this.#gpu = await this.#openGpu(program.plan, lengths, order);
      return await train({
        ...segments,
        gpu: this.#gpu,
        backend,
        program,
        recipe: this.#recipe,
        data,
        order,
        setClosedForms: hasVariance(spec, "optimal")
          ? () => this.#setOptimalVariances()
          : undefined,
        measure: () => measure(loss, objective, data, seed),
        validate: this.#validation && (() => this.#validate(loss, this.#validation!)),
        onProgress,
        signal,
        checkpoint: store && { store, identity: this.#identity() },
        clock,
      });
    } finally {
      this.#gpu?.dispose();
      for (const program of programs) program.dispose();
      moments.dispose();
    }
  }

  #openGpu(
    plan: Plan,
    lengths: { readonly parameters: number; readonly state: number },
    { length: orderLength }: RowOrder,
  ): Promise<TrainingGpu | undefined> {
    const { device } = this.#model.engine, { epochs, batchSize } = this.#recipe;
    const steps = epochs * Math.ceil(orderLength / batchSize);
    return openTrainingGpu({ device, plan, lengths, data: this.#data, orderLength, steps });
  }

  /** The rows of every epoch; labelled and unlabelled rows are mixed if some lack their label. */
  #rowOrder(): RowOrder {
    const { labelledShare, seed } = this.#recipe, [rows] = this.#data.shape;
    if (labelledShare === undefined) return shuffled(rows, seed);
    const { labelled, unlabelled } = byLabel(this.#data, this.#model.spec.condition);
    const share = Math.max(labelledShare, labelled.length / rows);
    return labelled.length === 0 || unlabelled.length === 0
      ? shuffled(rows, seed)
      : mixedByLabel(labelled, unlabelled, share, seed);
  }

  /** The mean ELBO of rows; for a semi-supervised objective, the mean of its own bound. */
  #validate(loss: SyncProgram, rows: Matrix): number {
    const { objective, seed } = this.#recipe;
    if (objective.type === "semiSupervised") {
      return -measure(loss, objective, rows, seed, Infinity);
    }
    return mean(this.#model.onHost.evaluate(rows, { seed }).elbo);
  }

  /** Sets the variances that training estimates from each batch to those of many rows. */
  #setOptimalVariances(): void {
    const { spec, engine, onHost } = this.#model, rows = firstRows(this.#data, VARIANCE_ROWS);
    const squares = onHost.squaredResiduals(rows, this.#recipe.seed);
    engine.setParameters(optimalVariances(spec, "optimal", squares));
  }

  /** Everything that determines the bytes of the result. */
  #identity(): RunIdentity {
    const { spec, engine } = this.#model, { backend } = engine;
    // The number of threads and its reason do not affect the result.
    const { threads: _threads, reason: _reason, ...details } = { ...backend.details };
    return {
      spec,
      recipe: this.#recipe,
      data: digestOf([this.#data]),
      validation: digestOf(this.#validation ? [this.#validation] : []),
      start: digestOf(engine.parameters().values()),
      device: { backend: backend.name, ...details },
    };
  }
}

/** Splits the rows into training and validation, by the options and the seed. */
function splitValidation(
  spec: ModelSpec,
  rows: Rows,
  options: FitOptions,
  { seed }: Recipe,
): { training: Matrix; validation?: Matrix } {
  const { validation, validationCondition: condition, validationLabels: labels } = options;
  const data = toTrainingRows(spec, rows, options);
  // A copy: the caller may change the rows during training.
  if (!validation) return { training: copyOf(data) };
  if (typeof validation !== "number") {
    const rows = toTrainingRows(spec, validation, { condition, labels });
    if (rows.shape[0] === 0) throw new RangeError("Cannot validate: there are no validation rows");
    return { training: copyOf(data), validation: copyOf(rows) };
  }
  requireNumber("validation", validation, { above: 0, max: 0.9 });
  return splitRows(data, validation, seed);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
