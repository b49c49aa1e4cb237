/** kNN against all distances, sorted. */
import assert from "node:assert/strict";
import { knn } from "../../src/detection/baselines/knn.ts";
import { normals } from "../util/data.ts";

Deno.test("knn() gives the distance to the k-th nearest training row, also across batches", () => {
  for (const width of [1, 3, 16, 37]) {
    const matrix = (rows: number, seed: number) => ({
      data: Float32Array.from(normals(rows * width, seed)),
      shape: [rows, width] as const,
    });
    const training = matrix(50, width), rows = matrix(20, width + 1);
    const distances = (r: number) =>
      Array.from({ length: 50 }, (_, t) => {
        let sum = 0;
        for (let c = 0; c < width; c++) {
          sum += (rows.data[r * width + c] - training.data[t * width + c]) ** 2;
        }
        return Math.sqrt(sum);
      }).sort((a, b) => a - b);
    for (const k of [1, 5, 80]) {
      // The same sums in the same order: sorting does not change them.
      knn(k)(training)(rows).forEach((score, r) =>
        assert.equal(score, distances(r)[Math.min(k, 50) - 1])
      );
    }
  }
});
