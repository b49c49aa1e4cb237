/** Mean and covariance in one pass against two passes over the same float32 rows. */
import assert from "node:assert/strict";
import { runSync } from "../../../src/trained/steps.ts";
import { momentSteps } from "../../../src/training/em/moments.ts";
import type { Matrix } from "../../../src/trained/rows/matrix.ts";
import { assertRelative } from "../../util/close.ts";
import { planeRows } from "../../util/data.ts";
import { covarianceOf } from "../../util/ppca.ts";

const COLUMNS = 5;

function matrixOf(rows: readonly number[][]): Matrix {
  return { data: Float32Array.from(rows.flat()), shape: [rows.length, COLUMNS] };
}

function listOf({ data, shape: [rows, columns] }: Matrix): Float32Array[] {
  return Array.from({ length: rows }, (_, r) => data.subarray(r * columns, (r + 1) * columns));
}

for (const [rows, mean] of [[2, 0], [7, 3], [513, -1], [1030, 1e5]]) {
  Deno.test(`moments of ${rows} rows around ${mean} are those of two passes`, () => {
    const matrix = matrixOf(
      planeRows(rows, COLUMNS, rows).map((row) => row.map((value) => value + mean)),
    );
    const got = runSync(momentSteps(matrix));
    const list = listOf(matrix);
    const want = covarianceOf(list);
    const means = Array.from({ length: COLUMNS }, (_, c) => {
      return list.reduce((sum, row) => sum + row[c], 0) / rows;
    });
    // Sums of N terms around numbers of order 1 lose at most N·2^-53, twice; means also 2^-53.
    assertRelative(got.covariance, want, 0, rows * 2 ** -50 * Math.max(...want), "covariance");
    assertRelative(got.mean, means, rows * 2 ** -52, rows * 2 ** -50, "mean");
  });
}

Deno.test("moments: a constant column has exactly zero variance, whatever its value", () => {
  const rows = planeRows(100, COLUMNS, 1).map((row) => row.with(2, 12345.678));
  const { covariance } = runSync(momentSteps(matrixOf(rows)));
  const row = covariance.subarray(2 * COLUMNS, 3 * COLUMNS);
  assert.deepEqual([...row], [0, 0, 0, 0, 0]);
});
