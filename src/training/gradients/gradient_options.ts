/** Noise and reference rows passed to `lossAndGradients`, in place of those that training draws. */
import { rowsAt } from "../../core/shape.ts";
import { requireNumber, show } from "../../core/validate.ts";
import type { NoiseRequest } from "../../layers/noise.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { Reference } from "../../models/model_terms.ts";
import { needsReference, type Objective, type ObjectiveInput } from "../../objectives/objective.ts";
import { type Rows, toMatrix } from "../../trained/rows/matrix.ts";
import { withObserved } from "../../trained/rows/observed.ts";
import type { LabelOptions } from "../rows/labelled_rows.ts";

/** Options of `lossAndGradients`. */
export interface GradientOptions extends LabelOptions {
  /**
   * Standard normal draws, `[rows · samples, L]`: row r's sample k at r · samples + k; in a map by the name of the
   * noise input, or directly for the input "noise". A model with a classifier needs C rows for each.
   */
  readonly noise: Rows | ReadonlyMap<string, Rows>;
  /** Default: the ELBO. */
  readonly objective?: ObjectiveInput;
  /** Other rows of the training set, followed by their condition; only for `betaTc`. */
  readonly reference?: Rows;
  /** Number of rows in the whole training set; only for `betaTc`. */
  readonly trainingRows?: number;
}

/** The given values for each noise input, by name. */
export function givenNoises(
  requests: readonly NoiseRequest[],
  batchRows: number,
  noise: GradientOptions["noise"] | undefined,
): ReadonlyMap<string, Float32Array> {
  const names = requests.map(({ name }) => name);
  const unknown = noise instanceof Map && [...noise.keys()].find((name) => !names.includes(name));
  if (typeof unknown === "string") {
    throw new TypeError(
      `Cannot compute gradients: unknown noise "${unknown}" (known names are ${names.join(", ")})`,
    );
  }
  return new Map(requests.map((each) => [each.name, givenValues(each, batchRows, noise)]));
}

function givenValues(
  { name, shape }: NoiseRequest,
  batchRows: number,
  noise: GradientOptions["noise"] | undefined,
): Float32Array {
  const given = noise instanceof Map ? noise.get(name) : name === "noise" ? noise : undefined;
  if (!given) throw new TypeError(`Cannot compute gradients: ${name} is missing`);
  if (!Array.isArray(given) && !("shape" in Object(given))) {
    throw new TypeError(
      `Cannot compute gradients: expected ${name} to be rows, or the noise a Map of rows by name, got ${
        show(given)
      }`,
    );
  }
  const { data, shape: [rows] } = toMatrix(given as Rows, shape.cols);
  const expected = rowsAt(shape, batchRows);
  if (rows === expected) return data;
  throw new RangeError(
    `Cannot compute gradients: ${name} must have ${expected} rows, got ${rows}`,
  );
}

/** The rows that represent the training set, if the objective needs them. */
export function givenReference(
  spec: ModelSpec,
  objective: Objective,
  batchRows: number,
  { reference, trainingRows }: Pick<GradientOptions, "reference" | "trainingRows">,
): Reference & { readonly data: Float32Array } | undefined {
  if (!needsReference(objective)) {
    if (reference === undefined && trainingRows === undefined) return undefined;
    throw new TypeError(
      `Cannot compute gradients: objective "${objective.type}" takes no reference or trainingRows`,
    );
  }
  if (!reference) throw new TypeError("Cannot compute gradients: reference is missing");
  const missing = spec.missing !== undefined;
  const matrix = toMatrix(reference, spec.inputs + spec.condition, missing ? spec.inputs : 0);
  const { data, shape: [rows] } = withObserved(spec, matrix);
  return {
    data,
    rows,
    trainingRows: requireNumber("trainingRows", trainingRows, {
      min: batchRows + 1,
      integer: true,
    }),
  };
}
