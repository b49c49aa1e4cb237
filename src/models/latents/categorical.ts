/**
 * Categorical latent layers, `{ "type": "categorical", "variables", "classes", "relaxation", "temperature" }`: V
 * variables of C classes each, z `[B, V·C]`, with a uniform standard prior. The temperature τ is a number, or falls
 * geometrically during training:
 *
 *   τ = start · (end / start)^min(1, epoch / epochs)
 *
 * `epoch` is an input of the training program (`training/program/schedule.ts`) and may be fractional. Two classes give
 * a binary variable: the relaxed draw is then σ((l_1 - l_0 + logistic noise)/τ).
 */
import { portableLog } from "../../core/portable.ts";
import { SCALAR } from "../../core/shape.ts";
import { requireChoice, requireNumber, requireObject } from "../../core/validate.ts";
import { uniformCategoricals } from "../../distributions/categorical.ts";
import {
  categoricalPosterior,
  type Relaxation,
} from "../../distributions/categorical_posterior.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Node } from "../../ops/spec.ts";
import type { LatentFamily } from "./latent_family.ts";
import { MAX_WIDTH, requireWidth } from "../width.ts";

/** One layer of categorical latent variables. */
export interface CategoricalLatent {
  /** The family of q(z | x). */
  readonly type: "categorical";
  /** V, the number of variables. */
  readonly variables: number;
  /** C, the classes of each variable. */
  readonly classes: number;
  /** What replaces a hard draw during training: see `distributions/categorical_posterior.ts`. */
  readonly relaxation: Relaxation;
  /** τ of relaxed draws; absent if `relaxation` is "none". */
  readonly temperature?: Temperature;
}

/** τ, fixed or falling. */
export type Temperature = number | {
  /** τ at the first step. */
  readonly start: number;
  /** τ from `epochs` on. */
  readonly end: number;
  /** Epochs from `start` to `end`. */
  readonly epochs: number;
};

/** A categorical latent layer as a user writes it. */
export interface CategoricalLatentInput {
  /** "categorical". */
  readonly type: "categorical";
  /** Number of variables. */
  readonly variables: number;
  /** Classes per variable, at least 2. */
  readonly classes: number;
  /** "gumbelSoftmax", the default; "straightThrough"; "none", for objective `reinforce`. */
  readonly relaxation?: Relaxation;
  /** τ of relaxed draws; default 1. */
  readonly temperature?: Temperature;
}

const RELAXATIONS: readonly Relaxation[] = ["gumbelSoftmax", "straightThrough", "none"];

/** Outside these limits, a relaxed draw in float32 is one-hot, or the same for every class. */
const TEMPERATURE = { min: 0.01, max: 100 };

export const categoricalLatent: LatentFamily<CategoricalLatent> = {
  parse(field, value) {
    const { relaxation: given = "gumbelSoftmax" } = Object(value) as { relaxation?: unknown };
    const relaxation = requireChoice(`${field}.relaxation`, given, RELAXATIONS);
    const keys = ["type", "variables", "classes", "relaxation"];
    const isHard = relaxation === "none";
    const fields = requireObject(field, value, isHard ? keys : [...keys, "temperature"]);
    const variables = requireWidth(`${field}.variables`, fields.variables);
    const classes = requireNumber(`${field}.classes`, fields.classes, {
      min: 2,
      max: MAX_WIDTH / variables,
      integer: true,
    });
    const spec = { type: "categorical", variables, classes, relaxation } as const;
    if (isHard) return spec;
    return { ...spec, temperature: parseTemperature(`${field}.temperature`, fields.temperature) };
  },
  size: ({ variables, classes }) => variables * classes,
  posterior(scope, { temperature = 1, ...spec }, request) {
    const draws = { ...spec, temperature: () => temperatureOf(scope.g, temperature) };
    return categoricalPosterior(scope, draws, request);
  },
  standardPrior: uniformCategoricals,
  onlyOnTop: true,
};

function parseTemperature(field: string, value: unknown = 1): Temperature {
  if (typeof value === "number") return requireNumber(field, value, TEMPERATURE);
  const { start, end, epochs } = requireObject(field, value, ["start", "end", "epochs"]);
  return {
    start: requireNumber(`${field}.start`, start, TEMPERATURE),
    end: requireNumber(`${field}.end`, end, TEMPERATURE),
    epochs: requireNumber(`${field}.epochs`, epochs, { above: 0, max: 1e7 }),
  };
}

function temperatureOf(g: Graph, temperature: Temperature): Node {
  if (typeof temperature === "number") return g.constant(temperature);
  const { start, end, epochs } = temperature;
  const remaining = g.affine(g.input("epoch", SCALAR), { scale: -1 / epochs, offset: 1 });
  const share = g.activation(remaining, { kind: "relu" });
  const logEnd = portableLog(end);
  return g.exp(g.affine(share, { scale: portableLog(start) - logEnd, offset: logEnd }));
}
