/** Options of `elbow train` for the objective. */
import { InvalidArgumentError, Option } from "npm:commander@15.1.0";
import { OBJECTIVE_TYPES } from "../../objectives/objective.ts";
import { integerOption, numberOption } from "../options.ts";
import { NETWORKS, type TrainOptions, type TrainOptionTable, VAES } from "./option.ts";

/** In the order of the help. */
export const OBJECTIVE_OPTIONS = {
  objective: {
    appliesTo: NETWORKS,
    option: new Option(
      "--objective <type>",
      `${OBJECTIVE_TYPES.join(", ")}, or the whole objective as JSON (default: elbo)`,
    )
      .argParser(objective),
  },
  beta: {
    appliesTo: VAES,
    to: "objective",
    option: numberOption(
      "--beta <weight>",
      "weight of the KL, or of betaTc's total correlation (default: 1)",
      { min: 0 },
    ),
  },
  samples: {
    appliesTo: VAES,
    to: "objective",
    option: integerOption(
      "--samples <n>",
      "draws of z per row and step (default: 1; 5 for iwae and renyi)",
      { min: 1, max: 10_000 },
    ),
  },
  estimator: {
    appliesTo: VAES,
    to: "objective",
    option: new Option(
      "--estimator <name>",
      "how to estimate the gradient; dreg for iwae only (default: standard)",
    ).choices(["standard", "stl", "dreg"]),
  },
  freeBits: {
    appliesTo: VAES,
    to: "objective",
    option: numberOption(
      "--free-bits <nats>",
      "elbo: KL per dimension that costs nothing (default: 0)",
      { min: 0 },
    ),
  },
  alpha: {
    appliesTo: VAES,
    to: "objective",
    option: numberOption(
      "--alpha <order>",
      "renyi: 0 is iwae, 1 the ELBO (default: 0.5); semiSupervised: weight of ln q(y | x) (default: 1)",
      {},
    ),
  },
} satisfies TrainOptionTable;

/** Parses a type, or a whole objective in JSON. */
function objective(text: string): TrainOptions["objective"] {
  const type = OBJECTIVE_TYPES.find((each) => each === text);
  if (type !== undefined) return type;
  if (!text.startsWith("{")) {
    throw new InvalidArgumentError(`Allowed choices are ${OBJECTIVE_TYPES.join(", ")}, or JSON`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("It must be JSON");
  }
}
