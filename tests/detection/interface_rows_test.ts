/**
 * Rows of a type that is declared as an `interface`, as most TypeScript programs do: TypeScript gives interfaces no
 * index signature, so a record of cells would not accept them. The type check of this file is the test of the types;
 * at run time such rows must give the scores of the same rows by position.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import type { ClientRows } from "../../src/http/client.ts";
import { planeRows } from "../util/data.ts";

interface Reading {
  readonly flow: number;
  readonly pressure: number;
  readonly site: number | null;
}

const LISTS = planeRows(60, 3, 4);
const READINGS: Reading[] = LISTS.map(([flow, pressure, site]) => ({ flow, pressure, site }));

Deno.test("rows may be of an interface: to train, to score, in a stream, and in the client", async () => {
  const options = { preset: "small", epochs: 1, seed: 1 } as const;
  const detector = await Detector.fit(READINGS, options);
  const byPosition = await Detector.fit(LISTS, options);
  const scores = (verdicts: readonly { score: number }[]) => verdicts.map(({ score }) => score);
  assert.deepEqual(
    scores(await detector.score(READINGS)),
    scores(await byPosition.score(LISTS)),
  );

  const series = await Detector.fit(READINGS, { window: 4, seed: 1 });
  const named = series.stream(), placed = series.stream();
  for (const [r, reading] of READINGS.entries()) {
    assert.equal(named.push(reading)?.score, placed.push(LISTS[r])?.score);
  }
  assert.equal((READINGS satisfies ClientRows).length, LISTS.length);
});
