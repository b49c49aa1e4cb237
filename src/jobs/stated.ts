/**
 * What a specification states over a table as it stands, and what fitting it costs: a VAE, or factor analysis and
 * probabilistic PCA by EM. The table's columns are those of x and behind them what the specification asks for: the
 * columns of the condition, or, for a model with a classifier, the class, -1 where it is missing.
 */
import { defaultTraining } from "../detection/defaults.ts";
import type { Table } from "../formats/mod.ts";
import { type ModelSpec, type ModelSpecInput, parseSpec } from "../models/spec.ts";
import { parametersOf } from "../models/vae_graph.ts";
import { parseObjective } from "../objectives/objective.ts";
import type { FitOptions } from "../training/options.ts";
import { isNeighbour, type NeighbourSpec, parseNeighbour } from "../training/neighbour_spec.ts";
import type { TrainSettings } from "./train_settings.ts";

/** What a caller wrote. */
export type Stated = Readonly<Record<string, unknown>>;

/** Weights of the largest model that a job makes: a worker's memory holds them four times. */
const MAX_WEIGHTS = 2 ** 26;

/** @throws TypeError or RangeError naming the field, or the number of columns that it needs */
export function specFor(stated: Stated, width: number): ModelSpec {
  const behind = stated.classifier ? 1 : stated.condition ?? 0;
  const given = { inputs: Math.max(1, width - Number(behind)), ...stated };
  const spec = parseSpec(given as unknown as ModelSpecInput);
  const needed = spec.inputs + (spec.classifier ? 1 : spec.condition);
  if (needed === width) return spec;
  const parts = spec.classifier ? "a class" : `a condition of ${spec.condition}`;
  throw new RangeError(
    `Cannot read spec: its ${spec.inputs} inputs and ${parts} need ${needed} columns: current value is ${width}`,
  );
}

/** The table's rows, and what stands behind them. */
export function partsOf({ inputs, classifier }: ModelSpec, table: Table) {
  const { data, rows, columns } = table, width = columns.length;
  const x = { data, shape: [rows, width] } as const;
  if (!classifier) return { x };
  const ofRows = Array.from({ length: rows }, (_, r) => data.subarray(r * width, (r + 1) * width));
  const labels: FitOptions["labels"] = ofRows.map((row) => row[inputs]);
  return { x: ofRows.map((row) => row.subarray(0, inputs)), labels };
}

/**
 * Multiply-adds of a run, as `budget.ts` counts them; each weight is used for every draw of z, and for every class
 * that a row may have. Of EM: the covariance, and products with it at every step.
 * @throws TypeError or RangeError for what cannot be, or is too large to be kept
 */
export function statedWork({ rows, columns, settings }: WorkOf): number {
  const { objective, epochs, batchSize } = settings;
  const stated = settings.spec!;
  if (isNeighbour(stated)) {
    const { latent } = emSpecOf(stated, columns);
    const other = NOT_OF_EM.find((name) => settings[name] !== undefined);
    if (other) throw new TypeError(`Cannot train: EM has no ${other}: leave it out`);
    return rows * columns ** 2 + (epochs ?? EM_STEPS) * PASSES * columns ** 2 * latent;
  }
  const spec = specFor(stated, columns);
  const weights = parametersOf(spec).reduce((sum, each) => sum + each.rows * each.cols, 0);
  if (weights > MAX_WEIGHTS) {
    throw new RangeError(
      `Cannot train: a model must have at most ${MAX_WEIGHTS} weights: current value is ${weights}`,
    );
  }
  const { samples } = parseObjective(objective, spec.classifier !== undefined);
  const classes = spec.classifier ? spec.condition : 1;
  const passes = epochs ?? defaultTraining(rows, batchSize).epochs ?? 1;
  return rows * passes * PASSES * weights * samples * classes;
}

/** Passes over the weights in one step: forward, and backward to inputs and to weights. */
const PASSES = 3;
const EM_STEPS = 1000;
const NOT_OF_EM = ["objective", "batchSize", "validation", "earlyStopping"] as const;

/** What decides the cost. */
interface WorkOf {
  readonly rows: number;
  readonly columns: number;
  readonly settings: TrainSettings;
}

/** @throws TypeError for a Boltzmann machine, which is not served and so not trained for serving */
export function emSpecOf(stated: { readonly type: unknown }, columns: number) {
  const spec: NeighbourSpec = parseNeighbour(stated, columns);
  if (spec.type !== "rbm") return spec;
  throw new TypeError(
    "Cannot train: a Boltzmann machine is not served: elbow train makes one, elbow score asks it",
  );
}
