/**
 * The sum of the k largest -ln p(x_d | z), nats, at z = E[z | x], so that one fault among a hundred columns is not
 * hidden by the noise of the others.
 */
import type { NamedScore } from "./score.ts";

export const worstColumns: NamedScore = {
  of(model, x, { columns: count }) {
    const { cost: { data, shape: [rows, columns] } } = model.costs(x);
    return Float64Array.from({ length: rows }, (_, r) => {
      const sortedCosts = data.slice(r * columns, (r + 1) * columns).sort();
      return sortedCosts.subarray(Math.max(0, columns - count)).reduce(
        (sum, nats) => sum + nats,
        0,
      );
    });
  },
};
