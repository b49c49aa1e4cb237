/** Small seeded data sets for tests. */
import { HostRandom } from "../../src/core/random/philox.ts";

/** Approximate normal draws: sums of twelve uniforms. Good enough for data, but not as an oracle. */
export function normals(count: number, seed: number): number[] {
  const random = new HostRandom(seed, 0, 99);
  return Array.from({ length: count }, () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += random.uniformF64();
    return sum;
  });
}

/** Rows as the library passes cells on internally: row-major, in float64. */
export function cellsOf(
  rows: readonly (readonly number[])[],
): { data: Float64Array; rows: number } {
  return { data: Float64Array.from(rows.flat()), rows: rows.length };
}

/** Rows near a plane: two hidden causes, `columns` columns, noise with the given standard deviation. */
export function planeRows(rows: number, columns: number, seed: number, noise = 0.1): number[][] {
  const causes = normals(2 * rows, seed), noises = normals(rows * columns, seed + 1);
  const loadings = normals(2 * columns, seed + 2);
  return Array.from(
    { length: rows },
    (_, r) =>
      Array.from(
        { length: columns },
        (_, c) =>
          causes[2 * r] * loadings[2 * c] + causes[2 * r + 1] * loadings[2 * c + 1] +
          noise * noises[r * columns + c],
      ),
  );
}
