/** What a job costs. The oracle is the parameters of the model that it makes, counted one by one. */
import assert from "node:assert/strict";
import { Detector, VAE } from "../../mod.ts";
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

Deno.test("what is stated costs that for every draw, and for every class", () => {
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
