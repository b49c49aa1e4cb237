/**
 * Dynamic binarisation against its probabilities, and the steps of the learning rate against values computed by hand.
 */
import assert from "node:assert/strict";
import { parseOptimizer } from "../../src/training/optimizer.ts";
import { learningRateAt } from "../../src/training/program/schedule.ts";
import { VAE } from "../../src/training/vae.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";

const GREY = [0, 0.2, 0.7, 1];
const ROWS = 2000, EPOCHS = 4;

for (const executor of EXECUTORS) {
  Deno.test(`binarize draws zeros and ones anew, with the stated probabilities, on ${executor.label}`, async () => {
    // Weights are zero and the logits l are known: ln p(x | z) is Σ (x l - softplus(l)), so the reported reconstruction
    // reveals the mean of each draw. The learning rate is too small to change anything.
    const columns = GREY.length;
    const vae = VAE.create(
      { inputs: columns, latent: [{ size: 1 }], likelihood: { type: "bernoulli" } },
      deviceOf(executor),
    );
    const zeros = [...vae.parameters()].map(([name, { data }]) => {
      return [name, { data: data.map(() => name === "decoder.logits.bias" ? 1 : 0) }] as const;
    });
    vae.setParameters(new Map(zeros));
    const rows = Array.from({ length: ROWS }, () => GREY);
    const run = async (binarize: boolean) => {
      const optimizer = { type: "sgd", learningRate: 1e-12 } as const;
      const { history } = await vae.fit(rows, { epochs: EPOCHS, binarize, optimizer });
      const softplus = Math.log1p(Math.E);
      return history.map(({ reconstruction }) => columns * softplus - reconstruction);
    };
    const total = GREY.reduce((sum, value) => sum + value, 0);
    for (const ones of await run(false)) assert.ok(Math.abs(ones - total) < 1e-5, `${ones}`);
    const drawn = await run(true);
    // The variance of a row's count is Σ p (1 - p) = 0.37; five standard errors over the rows.
    const limit = 5 * Math.sqrt(0.37 / ROWS);
    for (const ones of drawn) assert.ok(Math.abs(ones - total) < limit, `${ones}`);
    assert.equal(new Set(drawn).size, EPOCHS, "no two epochs draw alike");
    const again = await run(true);
    again.forEach((ones, i) => assert.ok(Math.abs(ones - drawn[i]) < 1e-9, "the seed decides"));
    vae.dispose();
  });
}

Deno.test("binarize is refused unless the likelihood is Bernoulli, and unless it is a boolean", async () => {
  const vae = VAE.create({ inputs: 1, latent: [{ size: 1 }] });
  await assert.rejects(vae.fit([[0], [1]], { binarize: true }), /binarize needs a Bernoulli/);
  const wrong = { binarize: 1 as unknown as boolean };
  await assert.rejects(vae.fit([[0], [1]], wrong), /expected true or false/);
  vae.dispose();
});

Deno.test("the learning rate falls by its factor after each of the given epochs", () => {
  const decay = { epochs: [1, 4], factor: 0.1 };
  const optimizer = parseOptimizer({ type: "adam", learningRate: 0.5, decay });
  const rates = [0, 9, 10, 39, 40, 99].map((step) => learningRateAt(optimizer, step, 10, 10));
  const expected = [0.5, 0.5, 0.05, 0.05, 0.005, 0.005];
  rates.forEach((rate, i) => assert.ok(Math.abs(rate - expected[i]) < 1e-15, `${rate}`));
  for (const wrong of [{ epochs: [0], factor: 0.1 }, { epochs: [1], factor: 0 }, "linear", {}]) {
    assert.throws(
      () => parseOptimizer({ type: "adam", decay: wrong as never }),
      /optimizer\.decay/,
    );
  }
});
