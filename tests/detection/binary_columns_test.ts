/**
 * A binary column does not drown the others in preset "small": a fault elsewhere that contradicts it keeps the blame.
 */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { minVariances } from "../../src/detection/defaults.ts";
import { Expansion } from "../../src/scoring/table/expansion.ts";
import { assertRelative } from "../util/close.ts";

type Row = Record<string, number | string>;

function draw(random: HostRandom): Row {
  const z = normal(random), w = normal(random);
  return {
    temperature: 20 + 3 * z + 0.8 * normal(random),
    pressure: 1000 + 50 * z + 20 * w + 8 * normal(random),
    load: 6 + 2 * w + normal(random),
    pump: w + 0.3 * normal(random) > 0 ? "on" : "off",
    valve: z > 0 ? 1 : 0,
  };
}

const FAULTS: readonly (readonly [string, number])[] = [
  ["temperature", 15],
  ["temperature", -15],
  ["pressure", 300],
  ["pressure", -300],
  ["load", 15],
  ["load", -15],
];

Deno.test("preset small blames the shifted number, not the switches that it contradicts, in nine rows of ten", async () => {
  const random = new HostRandom(8, 0, 7);
  const rows = Array.from({ length: 800 }, () => draw(random));
  const detector = await Detector.fit(rows, { preset: "small", seed: 1 });
  assert.deepEqual(detector.schema.map(({ kind }) => kind).slice(3), ["binary", "binary"]);
  for (const [column, shift] of FAULTS) {
    const faulty = Array.from({ length: 60 }, () => {
      const row = draw(random);
      return { ...row, [column]: Number(row[column]) + shift };
    });
    const found = (await detector.score(faulty)).filter(({ anomaly, contributions }) =>
      anomaly && Object.values(contributions).every((nats) => nats <= contributions[column])
    );
    assert.ok(found.length >= 54, `${column} ${shift}: ${found.length} of 60`);
  }
  detector.dispose();
});

Deno.test("a wrong value of a binary column costs at most 60 nats, however rare", () => {
  const schema = [{ name: "x", kind: "numeric" }, {
    name: "b",
    kind: "binary",
    levels: ["0", "1"],
  }] as const;
  for (const share of [0.5, 0.01]) {
    const scale = Float64Array.of(3, Math.sqrt(share * (1 - share)));
    const [x, b] = minVariances(schema, new Expansion(schema), {
      ...{ centre: new Float64Array(2), limit: new Float64Array(2) },
      scale,
    });
    assert.equal(x, 0);
    // Predicted as the other of 0 and 1.
    assertRelative([(1 / scale[1]) ** 2 / (2 * b)], [60], 1e-12);
  }
});
