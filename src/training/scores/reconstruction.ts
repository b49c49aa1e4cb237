/**
 * Reconstruction error, by two definitions, at z = E[z | x]:
 *
 *   reconstruction   Σ_d -ln p(x_d | z), nats: each column in units of its own noise
 *   squaredError     Σ_d (x_d - E[x_d | z])²: all columns equally, in the units of the rows
 *
 * Missing cells contribute to neither.
 */
import { type NamedScore, rowSums } from "./score.ts";

export const reconstruction: NamedScore = { of: (model, x) => rowSums(model.costs(x).cost) };

export const squaredError: NamedScore = {
  of(model, x) {
    const reconstructed = model.reconstruct(x),
      [rows, columns] = reconstructed.shape,
      width = x.shape[1];
    return Float64Array.from({ length: rows }, (_, r) => {
      let sum = 0;
      for (let d = 0; d < columns; d++) {
        const residual = x.data[r * width + d] - reconstructed.data[r * columns + d];
        const isObserved = model.spec.missing === undefined ||
          x.data[(r + 1) * width - columns + d] !== 0;
        if (isObserved) sum += residual * residual;
      }
      return sum;
    });
  },
};
