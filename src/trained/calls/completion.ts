/**
 * Costs of rows with missing cells, for a model that was trained on whole rows. Every way of filling in the missing
 * cells gives a q(z | x), and every q gives a bound,
 *
 *   -ln p(observed cells) ≤ E_q[-ln p(observed cells | z)] + KL(q ‖ p(z)),
 *
 * evaluated at E[z | x] as for whole rows. The tightest bound counts. The fillings start from 0, the mean, and from a
 * few rows sampled from the model, E[x | z] at z ~ p(z), the same for all rows; the model's reconstruction then
 * replaces them repeatedly (`fill_missing.ts`). Starting only from the mean, rows of a circle would end up inside it.
 */
import type { Costs } from "./costs.ts";
import type { Matrix } from "../rows/matrix.ts";
import { withObserved } from "../rows/observed.ts";
import { fillMissing } from "./fill_missing.ts";
import type { TrainedVae } from "../trained_vae.ts";

/** How many times missing cells are replaced by the reconstruction. */
const FILL_ROUNDS = 3;

/** Number of starting points: the mean, and sampled rows. */
const STARTS = 9;

/** Rows per batch, each from all starting points. */
const ROWS_PER_BATCH = 128;

/** Costs of standardised rows, NaN where missing. Filled-in cells have no cost, but appear in x and affect the KL. */
export function costsOf(vae: TrainedVae, standardized: Matrix): Costs {
  const incomplete = vae.spec.missing ? [] : rowsWithMissing(standardized);
  if (incomplete.length === 0) {
    const x = withObserved(vae.spec, standardized);
    return { x, ...vae.onHost.costs(x) };
  }
  const x = {
    ...standardized,
    data: standardized.data.map((value) => value === value ? value : 0),
  };
  const costs = { x, ...vae.onHost.costs(x) };
  const starts = vae.onHost.draw(0, STARTS - 1, { mean: true }).data;
  for (let first = 0; first < incomplete.length; first += ROWS_PER_BATCH) {
    complete(vae, standardized, incomplete.slice(first, first + ROWS_PER_BATCH), starts, costs);
  }
  return costs;
}

/** Writes the costs of some rows under the tightest of their bounds. */
function complete(
  vae: TrainedVae,
  { data, shape: [, width] }: Matrix,
  rows: readonly number[],
  starts: Float32Array,
  costs: Costs,
): void {
  const count = rows.length, candidates = new Float32Array(STARTS * count * width);
  for (let i = 0; i < STARTS * count; i++) {
    const row = rows[i % count];
    candidates.set(data.subarray(row * width, (row + 1) * width), i * width);
  }
  const x = fillMissing(
    vae.onHost,
    { data: candidates, shape: [STARTS * count, width] },
    FILL_ROUNDS,
    (i, c) => i < count ? 0 : starts[(Math.floor(i / count) - 1) * width + c],
  );
  const { cost, kl } = vae.onHost.sparse("score", x), candidateCosts = { x, cost, kl };
  const bound = (i: number) => sumOfRow(candidateCosts.cost, i) + sumOfRow(candidateCosts.kl, i);
  rows.forEach((row, i) => {
    let best = i, minBound = bound(i);
    for (let other = i + count; other < STARTS * count; other += count) {
      const value = bound(other);
      if (value < minBound) [best, minBound] = [other, value];
    }
    for (const name of ["x", "cost", "kl"] as const) {
      const to = costs[name],
        from = candidateCosts[name],
        [, targetWidth] = to.shape,
        at = best * from.shape[1];
      to.data.set(from.data.subarray(at, at + targetWidth), row * targetWidth);
    }
  });
}

function sumOfRow({ data, shape: [, width] }: Matrix, row: number): number {
  let sum = 0;
  for (let i = row * width; i < (row + 1) * width; i++) sum += data[i];
  return sum;
}

/** Indices of rows with missing cells. A loop is several times as fast as `some`. */
function rowsWithMissing({ data, shape: [, width] }: Matrix): number[] {
  const incomplete: number[] = [];
  for (let i = 0; i < data.length; i++) {
    if (data[i] === data[i]) continue;
    const row = Math.floor(i / width);
    incomplete.push(row);
    i = (row + 1) * width - 1;
  }
  return incomplete;
}
