/**
 * The twin of a model trained on whole rows, for rows with missing cells: the same parameters with `missing: "zero"`.
 * Whole rows have the same score under both; only incomplete rows use the twin.
 *
 * The encoder was never trained on gaps, and takes a 0 for a value. So missing cells are first replaced by the model's
 * reconstruction, repeatedly (Rezende, Mohamed and Wierstra, 2014, appendix F, with means in place of draws): the
 * encoder sees a whole row, and the likelihood is that of the observed cells.
 */
import type { BackendChoice } from "../../backends/open_score.ts";
import { valuesOf } from "../named_tensor.ts";
import type { Matrix } from "../rows/matrix.ts";
import { withObserved } from "../rows/observed.ts";
import { TrainedVae } from "../trained_vae.ts";

const TWINS = new WeakMap<TrainedVae, TrainedVae>();

/**
 * Converts standardised rows, NaN where missing, to rows of a model that accepts missing cells, and replaces the
 * missing cells `times` times by the model's reconstruction.
 * @param start initial values by row and column; 0, the mean, if absent
 */
export function fillMissing(
  vae: TrainedVae,
  standardized: Matrix,
  times: number,
  start?: (row: number, column: number) => number,
): { readonly model: TrainedVae; readonly x: Matrix } {
  const model = modelAcceptingMissing(vae), x = withObserved(model.spec, standardized);
  const width = standardized.shape[1];
  if (start) writeMissing(x, width, start);
  for (let time = 0; time < times; time++) {
    const { data } = model.onHost.reconstruct(x);
    writeMissing(x, width, (r, c) => data[r * width + c]);
  }
  return { model, x };
}

/** Writes values to the missing cells. */
function writeMissing(
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

/** The model itself if it accepts missing cells, else its twin, with the model's current parameters. */
function modelAcceptingMissing(vae: TrainedVae): TrainedVae {
  if (vae.spec.missing) return vae;
  const parameters = vae.parameters();
  const existing = TWINS.get(vae);
  if (existing) {
    existing.setParameters(parameters);
    return existing;
  }
  const device = { backend: vae.device.backend as BackendChoice };
  const twin = new TrainedVae({ ...vae.spec, missing: "zero" }, valuesOf(parameters), device);
  TWINS.set(vae, twin);
  return twin;
}

/** Frees the twin's memory, if there is one. */
export function disposeTwin(vae: TrainedVae): void {
  TWINS.get(vae)?.dispose();
  TWINS.delete(vae);
}
