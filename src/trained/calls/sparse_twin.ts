/**
 * A model that takes whole rows alone, as one that takes rows with missing cells: the same parameters
 * under `missing: "zero"`. Whole rows score alike under both; only what lacks something comes here.
 *
 * Its encoder has never seen a hole, and takes 0 for a value. So missing cells are filled in first by
 * what the model makes of the row, again and again (Rezende, Mohamed and Wierstra, 2014, appendix F,
 * with means in place of draws): the encoder sees a whole row; the likelihood is that of the cells which
 * are there.
 */
import type { BackendChoice } from "../../backends/open_score.ts";
import type { Matrix } from "../rows/matrix.ts";
import { withObserved } from "../rows/observed.ts";
import { TrainedVae } from "../trained_vae.ts";

const TWINS = new WeakMap<TrainedVae, TrainedVae>();

/**
 * Standardised rows, NaN where missing, as a model that takes missing cells sees them: filled in by what it
 * makes of them, so many times.
 * @param start what stands there at first, by row and column; 0, the mean
 */
export function filledIn(
  vae: TrainedVae,
  standardized: Matrix,
  times: number,
  start?: (row: number, column: number) => number,
): { readonly model: TrainedVae; readonly x: Matrix } {
  const model = takingMissing(vae), x = withObserved(model.spec, standardized);
  const width = standardized.shape[1];
  if (start) fillIn(x, width, start);
  for (let time = 0; time < times; time++) {
    const { data } = model.onHost.reconstruct(x);
    fillIn(x, width, (r, c) => data[r * width + c]);
  }
  return { model, x };
}

/** Puts values where rows lack something. */
function fillIn(
  { data, shape: [rows, width] }: Matrix,
  columns: number,
  value: (row: number, column: number) => number,
): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      if (data[r * width + width - columns + c] === 0) data[r * width + c] = value(r, c);
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
