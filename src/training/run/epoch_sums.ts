/** Sums over the steps of an epoch, weighted by rows; plain numbers, so that checkpoints can store them. */
import { ACTIVE_VARIANCE } from "../../trained/calls/active_units.ts";
import type { EpochMeans } from "../report.ts";
import type { StepOutputs } from "./stepper.ts";

export class EpochSums {
  /** rows, loss, reconstruction, kl, then L sums of means and L sums of squares. */
  readonly values: Float64Array;
  readonly #latent: number;

  constructor(latent: number, values: readonly number[] = []) {
    this.#latent = latent;
    this.values = new Float64Array(4 + 2 * latent);
    this.values.set(values);
  }

  add(rows: number, step: StepOutputs): void {
    const { values } = this, latent = this.#latent;
    values[0] += rows;
    values[1] += rows * step.loss[0];
    values[2] += rows * step.reconstruction[0];
    values[3] += rows * step.kl[0];
    for (let l = 0; l < latent; l++) {
      values[4 + l] += rows * step.meanOfMean[l];
      values[4 + latent + l] += rows * step.meanOfSquare[l];
    }
  }

  means(epoch: number, skippedSteps: number): EpochMeans {
    const [rows, loss, reconstruction, kl] = this.values;
    const mean = (sum: number) => rows === 0 ? NaN : sum / rows;
    return {
      epoch,
      loss: mean(loss),
      reconstruction: mean(reconstruction),
      kl: mean(kl),
      elbo: -mean(reconstruction + kl),
      activeUnits: this.#activeUnits(),
      skippedSteps,
    };
  }

  #activeUnits(): number {
    const [rows] = this.values;
    const moments = this.values.subarray(4);
    let active = 0;
    for (let l = 0; l < this.#latent; l++) {
      const mean = moments[l] / rows;
      if (moments[this.#latent + l] / rows - mean * mean > ACTIVE_VARIANCE) active++;
    }
    return active;
  }
}
