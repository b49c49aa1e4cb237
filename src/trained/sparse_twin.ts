/**
 * A model that takes whole rows alone, as one that takes rows with missing cells: the same parameters
 * under `missing: "zero"`. Whole rows score alike under both; only what lacks something comes here.
 *
 * Its encoder has never seen a hole, and takes 0 for a value. So missing cells are filled in first by
 * what the model makes of the row, again and again (Rezende, Mohamed and Wierstra, 2014, appendix F,
 * with means in place of draws): the encoder sees a whole row; the likelihood is that of the cells which
 * are there.
 */
import type { BackendChoice } from "../backends/open_score.ts";
import type { Costs } from "./costs.ts";
import { type Matrix, withObserved } from "./matrix.ts";
import { TrainedVae } from "./trained_vae.ts";

const TWINS = new WeakMap<TrainedVae, TrainedVae>();

/** Times that missing cells are filled in. */
const FILLINGS = 3;

/** Costs of standardised rows, NaN where missing. */
export function costsOf(vae: TrainedVae, standardized: Matrix): Costs {
  if (!hasNaN(standardized.data) || vae.spec.missing) {
    const x = withObserved(vae.spec, standardized);
    return { x, ...vae.onHost.costs(x) };
  }
  const { model, x } = filledIn(vae, standardized, FILLINGS);
  const costs = model.onHost.costs(x);
  fillIn(x, { data: new Float32Array(standardized.data.length), shape: standardized.shape });
  return { x, ...costs };
}

/** A loop, which is several times as fast as `some`. */
function hasNaN(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== values[i]) return true;
  return false;
}

/**
 * Standardised rows, NaN where missing, as a model that takes missing cells sees them: filled in by what it
 * makes of them, so many times.
 */
export function filledIn(
  vae: TrainedVae,
  standardized: Matrix,
  times: number,
): { readonly model: TrainedVae; readonly x: Matrix } {
  const model = takingMissing(vae), x = withObserved(model.spec, standardized);
  for (let time = 0; time < times; time++) fillIn(x, model.onHost.reconstruct(x));
  return { model, x };
}

/** Puts what the model makes of a row where the row lacks something. */
function fillIn(x: Matrix, { data, shape: [rows, columns] }: Matrix): void {
  const width = x.shape[1];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      if (x.data[r * width + width - columns + c] === 0) {
        x.data[r * width + c] = data[r * columns + c];
      }
    }
  }
}

/** The model itself if it takes missing cells, else its twin, with the model's present parameters. */
function takingMissing(vae: TrainedVae): TrainedVae {
  if (vae.spec.missing) return vae;
  const parameters = vae.parameters();
  const known = TWINS.get(vae);
  if (known) {
    known.setParameters(parameters);
    return known;
  }
  const values = new Map([...parameters].map(([name, { data }]) => [name, data]));
  const device = { backend: vae.device.backend as BackendChoice };
  const twin = new TrainedVae({ ...vae.spec, missing: "zero" }, values, device);
  TWINS.set(vae, twin);
  return twin;
}

/** Gives back the twin's memory, if there is one. */
export function disposeTwin(vae: TrainedVae): void {
  TWINS.get(vae)?.dispose();
  TWINS.delete(vae);
}
