/** The cost of a job. Oracle: the parameters of the model that it makes, counted one by one. */
import assert from "node:assert/strict";
import { Detector, VAE } from "../../mod.ts";
import { countCells } from "../../src/http/jobs/table_size.ts";
import { Pacer, TurnQueue } from "../../src/http/pacer.ts";
import { workOf } from "../../src/jobs/budget.ts";
import { planeRows } from "../util/data.ts";

const [ROWS, COLUMNS, EPOCHS] = [40, 3, 2];

function countOf(model: { readonly parameters: VAE["parameters"] }): number {
  return [...model.parameters().values()].reduce((sum, { data }) => sum + data.length, 0);
}

Deno.test("a network costs three passes over its parameters for each row and epoch", async () => {
  const settings = { preset: "small", hidden: [5], latent: 2, epochs: EPOCHS } as const;
  const detector = await Detector.fit(planeRows(ROWS, COLUMNS, 1), settings);
  const work = workOf({ rows: ROWS, columns: COLUMNS, settings });
  assert.equal(work, ROWS * EPOCHS * 3 * countOf(detector.vae));
  detector.dispose();
  const { preset: _, ...ensemble } = settings;
  assert.equal(workOf({ rows: ROWS, columns: COLUMNS, settings: ensemble }), 4 * work);
});

Deno.test("a given spec costs that for every draw, and for every class", () => {
  const stated = { latent: [{ size: 2, flows: [{ type: "iaf" }] }] };
  const cases = [
    [stated, 1, undefined],
    [stated, 7, { type: "iwae", samples: 7 }],
    [{ latent: [{ size: 2 }], condition: 3, classifier: {} }, 3, undefined],
  ] as const;
  for (const [spec, times, objective] of cases) {
    const settings = { spec, epochs: EPOCHS, ...(objective && { objective }) };
    const inputs = COLUMNS - ("classifier" in spec ? 1 : 0);
    const vae = VAE.create({ inputs, ...spec } as Parameters<typeof VAE.create>[0]);
    const work = workOf({ rows: ROWS, columns: COLUMNS, settings });
    assert.equal(work, ROWS * EPOCHS * 3 * countOf(vae) * times);
    vae.dispose();
  }
});

Deno.test("EM costs its covariance, and products with it at every step", () => {
  const settings = { spec: { type: "ppca", latent: 2 }, epochs: 10 };
  const work = workOf({ rows: ROWS, columns: COLUMNS, settings });
  assert.equal(work, ROWS * 3 ** 2 + 10 * 3 * 3 ** 2 * 2);
});

Deno.test("a file is counted in slices, even its first line, between which other work gets its turn", async () => {
  const bytes = new Uint8Array(5 << 20).fill(0x2c);
  let slices = 0;
  const pacer = new Pacer(new TurnQueue());
  // After the first slice, other work comes first.
  pacer.yieldIfDue = async () => void (slices++ === 0 && bytes.fill(0x20, 1 << 20));
  assert.deepEqual(await countCells("t.csv", bytes, pacer), { rows: 1, columns: (1 << 20) + 1 });
  assert.equal(slices, 5);
  const text = new TextEncoder().encode("a,b\n1,2,3\n");
  assert.deepEqual(await countCells("t.csv", text, pacer), { rows: 3, columns: 2 });
  assert.deepEqual(await countCells("t.tsv", text, pacer), { rows: 3, columns: 1 });
});
