/**
 * Costs of rows of which some lack cells, for a model that takes whole rows alone. Every way of filling in what is missing
 * gives a q(z | x), and every q a bound,
 *
 *   -ln p(cells that are there) ≤ E_q[-ln p(cells that are there | z)] + KL(q ‖ p(z)),
 *
 * taken at E[z | x] as for whole rows. The tightest counts. Fillings start from 0, the mean, and from a few rows that the
 * model draws, E[x | z] at z ~ p(z), the same for all; what the model makes of the row then takes their place, again and
 * again (`sparse_twin.ts`). From the mean alone, rows of a circle would end inside it.
 */
import type { Costs } from "./costs.ts";
import type { Matrix } from "../rows/matrix.ts";
import { withObserved } from "../rows/observed.ts";
import { filledIn } from "./sparse_twin.ts";
import type { TrainedVae } from "../trained_vae.ts";

/** Times that missing cells are filled in. */
const FILLINGS = 3;

/** Ways to start: the mean, and rows drawn. */
const STARTS = 9;

/** Rows that are filled in at a time, each in all ways. */
const ROWS = 128;

/** Costs of standardised rows, NaN where missing: cells filled in cost nothing, but stand in x, and in the KL. */
export function costsOf(vae: TrainedVae, standardized: Matrix): Costs {
  const lacking = vae.spec.missing ? [] : rowsLacking(standardized);
  if (lacking.length === 0) {
    const x = withObserved(vae.spec, standardized);
    return { x, ...vae.onHost.costs(x) };
  }
  const x = {
    ...standardized,
    data: standardized.data.map((value) => value === value ? value : 0),
  };
  const costs = { x, ...vae.onHost.costs(x) };
  const starts = vae.onHost.draw(0, STARTS - 1, { mean: true }).data;
  for (let first = 0; first < lacking.length; first += ROWS) {
    complete(vae, standardized, lacking.slice(first, first + ROWS), starts, costs);
  }
  return costs;
}

/** Writes the costs of some rows, as the tightest of their bounds has them. */
function complete(
  vae: TrainedVae,
  { data, shape: [, width] }: Matrix,
  rows: readonly number[],
  starts: Float32Array,
  costs: Costs,
): void {
  const count = rows.length, ways = new Float32Array(STARTS * count * width);
  for (let i = 0; i < STARTS * count; i++) {
    const row = rows[i % count];
    ways.set(data.subarray(row * width, (row + 1) * width), i * width);
  }
  const { model, x } = filledIn(
    vae,
    { data: ways, shape: [STARTS * count, width] },
    FILLINGS,
    (i, c) => i < count ? 0 : starts[(Math.floor(i / count) - 1) * width + c],
  );
  const found = { x, ...model.onHost.costs(x) };
  const bound = (i: number) => sumOfRow(found.cost, i) + sumOfRow(found.kl, i);
  rows.forEach((row, i) => {
    let best = i, least = bound(i);
    for (let other = i + count; other < STARTS * count; other += count) {
      const value = bound(other);
      if (value < least) [best, least] = [other, value];
    }
    for (const name of ["x", "cost", "kl"] as const) {
      const to = costs[name], from = found[name], [, wide] = to.shape, at = best * from.shape[1];
      to.data.set(from.data.subarray(at, at + wide), row * wide);
    }
  });
}

function sumOfRow({ data, shape: [, width] }: Matrix, row: number): number {
  let sum = 0;
  for (let i = row * width; i < (row + 1) * width; i++) sum += data[i];
  return sum;
}

/** By a loop, which is several times as fast as `some`. */
function rowsLacking({ data, shape: [, width] }: Matrix): number[] {
  const lacking: number[] = [];
  for (let i = 0; i < data.length; i++) {
    if (data[i] === data[i]) continue;
    const row = Math.floor(i / width);
    lacking.push(row);
    i = (row + 1) * width - 1;
  }
  return lacking;
}
