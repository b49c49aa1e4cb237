/** Which rows the networks of an ensemble train on. Oracle: folds so different that a network cannot know the other. */
import assert from "node:assert/strict";
import { memberSpec, memberTraining } from "../../src/detection/defaults.ts";
import { maxTrainingRows } from "../../src/detection/ensemble/fit_ensemble.ts";
import { fitMembers } from "../../src/detection/ensemble/fit_members.ts";
import { normals } from "../util/data.ts";

/** Rows around (1, 1) and (-1, -1) in turn, with a fold for each kind, or one for all. */
async function fitted(rows: number, members: 1 | 2) {
  const noise = normals(2 * rows, 5);
  const data = Float32Array.from(noise, (z, i) => (i >> 1 & 1 ? -1 : 1) + 0.1 * z);
  const folds = Array.from(
    { length: members },
    (_, m) => Uint32Array.from({ length: rows / members }, (_, i) => members * i + m),
  );
  const trained: number[] = [];
  const { vaes, precision } = await fitMembers({
    ...{ x: { data, shape: [rows, 2] }, observed: new Uint8Array(2 * rows).fill(1), folds },
    ...{ spec: memberSpec(2, 2, {}), seed: 3, device: {} },
    fitOptions: (count) => {
      trained.push(count);
      return memberTraining(count);
    },
  });
  for (const vae of vaes) vae.dispose();
  const errors = Array.from(precision, (each) => 1 / (members * each));
  return { trained, error: Math.max(...errors) };
}

Deno.test("each network trains on at most 6,000 rows, and on none of its fold", async () => {
  const long = await fitted(16_000, 2), short = await fitted(4000, 2);
  assert.deepEqual([long.trained, short.trained], [[6000, 6000], [2000, 2000]]);
  assert.ok(Math.min(long.error, short.error) > 1, `squared errors ${long.error}, ${short.error}`);
  const alone = await fitted(16_000, 1);
  assert.deepEqual(alone.trained, [6000]);
  assert.ok(alone.error < 0.1, `squared error ${alone.error} of a network that knows both kinds`);
});

Deno.test("an ensemble is fitted to 48,000 rows of a narrow table, and to 12,000 of a wide one", () => {
  assert.deepEqual([1, 87, 100, 784].map(maxTrainingRows), [48_000, 48_000, 41_943, 12_000]);
});
