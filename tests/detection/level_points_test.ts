/**
 * Points of levels (ADR 82). Oracles: the moments that correspondence analysis promises, and how each table was made.
 */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { type Codes, levelPoints } from "../../src/detection/ensemble/level_points.ts";
import { normals } from "../util/data.ts";

const ROWS = 3000;

const categoryOf = (codeOf: (r: number) => number, count: number): Codes => ({
  codes: Int32Array.from({ length: ROWS }, (_, r) => codeOf(r)),
  count,
});

function distance(points: readonly Float64Array[], a: number, b: number): number {
  return Math.sqrt(points.reduce((sum, y) => sum + (y[a] - y[b]) ** 2, 0));
}

function assertClose(got: number, want: number, tolerance: number): void {
  assert.ok(Math.abs(got - want) <= tolerance, `${got} for ${want}`);
}

const radius = (points: readonly Float64Array[], l: number) =>
  Math.sqrt(points.reduce((sum, y) => sum + y[l] ** 2, 0));

Deno.test("levels as common as each other have uncorrelated coordinates of variance 1 / d around 0", () => {
  const noise = normals(4 * ROWS, 5);
  const [points] = levelPoints([categoryOf((r) => r % 4, 5)], { data: noise, width: 4 });
  assert.equal(points.length, 3);
  for (const [k, y] of points.entries()) {
    const known = y.subarray(0, 4);
    assertClose(known.reduce((sum, each) => sum + each, 0), 0, 1e-12);
    for (const [j, other] of points.entries()) {
      const covariance = known.reduce((sum, each, l) => sum + each * other[l] / 4, 0);
      assertClose(covariance, j === k ? 1 / 3 : 0, 1e-12);
    }
  }
});

Deno.test("levels that come with the same cells are near each other", () => {
  // Levels l and l + 4 have the same means of three numbers.
  const noise = normals(3 * ROWS, 6);
  const data = noise.map((value, i) => {
    const kind = Math.floor(i / 3) % 8 % 4;
    return 0.5 * value + Number(kind === i % 3);
  });
  const [points] = levelPoints([categoryOf((r) => r % 8, 9)], { data, width: 3 });
  for (let l = 0; l < 4; l++) {
    for (let other = 0; other < 8; other++) {
      if (other % 4 === l) continue;
      const near = distance(points, l, l + 4), far = distance(points, l, other);
      assert.ok(near < far / 4, `${l}, ${other}: ${near} of ${far}`);
    }
  }
});

Deno.test("categories that say the same have the same distances between their levels, without any numbers", () => {
  const random = new HostRandom(3, 0, 7), order = [3, 1, 4, 0, 5, 2];
  const first = Array.from({ length: ROWS }, () => random.below(6));
  const same = levelPoints([
    categoryOf((r) => first[r], 7),
    categoryOf((r) => order[first[r]], 7),
  ], { data: [], width: 0 });
  for (let a = 0; a < 6; a++) {
    for (let b = 0; b < a; b++) {
      // Means are shrunk by rows of a level, which are not equally many.
      assertClose(distance(same[0], a, b), distance(same[1], order[a], order[b]), 0.02);
    }
  }
});

Deno.test("rare levels are far out, and a level without rows twice as far as any", () => {
  // Of 3,000 rows, level l has one in 2^(l + 1) up to the tenth, which has the rest; the eleventh has none.
  const levelOf = (r: number) => Math.min(9, r.toString(2).split("1").at(-1)!.length);
  const [points] = levelPoints([categoryOf((r) => levelOf(r + 1), 11)], {
    data: normals(2 * ROWS, 7),
    width: 2,
  });
  const radii = Array.from({ length: 11 }, (_, l) => radius(points, l));
  assertClose(radii[10], 10, 1e-12);
  assert.ok(Math.max(...radii.slice(0, 10)) <= 5 + 1e-12);
  for (const [l, each] of radii.slice(0, 9).entries()) {
    const share = Math.floor(ROWS / 2 ** l) - Math.floor(ROWS / 2 ** (l + 1));
    const least = 0.6 * Math.sqrt((ROWS / share - 1) / 9);
    assert.ok(each >= Math.min(5, least) - 1e-9, `level ${l}: ${each} of ${least}`);
  }
});

Deno.test("a category of one level, or with no cell at all, has one axis", () => {
  for (const code of [0, -1]) {
    const [points] = levelPoints([categoryOf(() => code, 3)], { data: normals(ROWS, 8), width: 1 });
    assert.equal(points.length, 1);
    assert.deepEqual([...points[0]], code === 0 ? [0, 10, 10] : [10, 10, 10]);
  }
});
