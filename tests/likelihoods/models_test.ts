/** A whole model with each likelihood: training, files, invalid data and extreme data, on both backends. */
import assert from "node:assert/strict";
import { RowError, TrainedVae, VAE } from "../../mod.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { dataFor, LIKELIHOOD_CASES, type LikelihoodCase } from "./cases.ts";
import { mean } from "../util/statistics.ts";

const ROWS = 120;

function specOf({ columns, likelihood }: LikelihoodCase) {
  return {
    inputs: columns,
    encoder: { hidden: [6] },
    decoder: { hidden: [6] },
    latent: [{ size: 2 }],
    likelihood,
  } as const;
}

for (const executor of EXECUTORS) {
  for (const each of LIKELIHOOD_CASES) {
    const rows = dataFor(each, ROWS, 9);

    Deno.test(`${each.name} trains, saves and loads, on ${executor.label}`, async () => {
      const device = deviceOf(executor);
      const vae = VAE.create(specOf(each), { seed: 1, ...device });
      const before = mean(await vae.elbo(rows, { samples: 8 }));
      const report = await vae.fit(rows, {
        epochs: 12,
        batchSize: 24,
        optimizer: { type: "adam", learningRate: 0.02, clipNorm: 20 },
      });
      assert.equal(report.skippedSteps, 0);
      assert.ok(report.history.at(-1)!.loss < report.history[0].loss, "the loss falls");
      const after = mean(await vae.elbo(rows, { samples: 8 }));
      assert.ok(after > before, `ELBO ${after} after ${before}`);

      const loaded = await TrainedVae.load(vae.save(), device);
      assert.deepEqual(loaded.save(), vae.save());
      assert.deepEqual(await loaded.score(rows), await vae.score(rows));
      assert.deepEqual(await loaded.sample(20, { seed: 3 }), await vae.sample(20, { seed: 3 }));
      // It takes what it draws as data.
      assert.ok((await loaded.score(await loaded.sample(50))).every(Number.isFinite));
      assert.ok((await loaded.logLikelihood(rows.slice(0, 5))).every(Number.isFinite));
      const single = new Float64Array(1);
      loaded.scoreInto(Float32Array.from(rows[4]), single);
      assert.equal(single[0], (await vae.score(rows))[4]);
      for (const model of [vae, loaded]) model.dispose();
    });
  }
}

const BAD: readonly (readonly [name: string, row: readonly number[], message: RegExp])[] = [
  ["bernoulli", [0, 1, 1.5], /column 3: a Bernoulli likelihood needs a value from 0 to 1, .* 1.5$/],
  ["continuousBernoulli", [0, -1, 1], /column 2: a continuous Bernoulli .* from 0 to 1, .* -1$/],
  ["logNormal perFeature", [1, 0, 1], /column 2: a log-normal .* from 1.2e-38 to .* got 0$/],
  ["poisson", [1, 2, 2.5], /column 3: a Poisson likelihood needs a whole number from 0 to/],
  ["poisson", [1, -2, 2], /column 2: a Poisson .* got -2$/],
  ["negativeBinomial", [2 ** 24 + 2, 0, 0], /column 1: a negative binomial .* 16777218$/],
  [
    "categorical",
    [1, 0, 0, 0, 1, 1],
    /column 6: a categorical .* one 1 and otherwise 0 in each group of 3/,
  ],
  ["categorical", [1, 0, 0, 0, 0, 0], /column 4: a categorical .* got 0$/],
  ["categorical", [1, 0, 0, 0, 0.5, 0.5], /column 5: a categorical .* got 0.5$/],
  ["mixed", [-9, 9, 1, 0, 0, 0, 1, 0, 0.5, 1], /column 9: a Poisson .* got 0.5$/],
  ["mixed", [-9, 9, 1, 0, 0, 0, 2, 0, 5, 1], /column 7: a categorical .* got 2$/],
];

Deno.test("data that a likelihood cannot take is refused by row and column", async () => {
  for (const [name, row, message] of BAD) {
    const each = LIKELIHOOD_CASES.find((known) => known.name === name)!;
    const vae = VAE.create(specOf(each));
    const rows = [...dataFor(each, 1, 1), row];
    for (const call of [() => vae.score(rows), () => vae.fit(rows), () => vae.elbo(rows)]) {
      await assert.rejects(call(), (error: Error) => {
        assert.ok(error instanceof RowError);
        assert.match(error.message, message);
        assert.match(error.message, /^Cannot read row 2, /);
        return true;
      });
    }
    vae.dispose();
  }
});

/** Data at the ends of the allowed range, with parameters at the ends of theirs. */
const EXTREMES: Readonly<Record<string, readonly number[]>> = {
  bernoulli: [0, 1, 0.5],
  continuousBernoulli: [0, 1, 0.5],
  gaussian: [1e12, -1e12, 0],
  studentT: [1e12, -1e12, 0],
  contaminatedGaussian: [1e12, -1e12, 0],
  laplace: [1e12, -1e12, 0],
  logNormal: [1.3e-38, 1e12, 1],
  poisson: [0, 2 ** 24, 1],
  negativeBinomial: [0, 2 ** 24, 1],
};

for (const executor of EXECUTORS) {
  for (const [type, row] of Object.entries(EXTREMES)) {
    Deno.test(`${type} has finite scores and gradients at the ends, on ${executor.label}`, async () => {
      const each = LIKELIHOOD_CASES.find(({ likelihood }) => likelihood.type === type)!;
      const vae = VAE.create({
        inputs: 3,
        latent: [{ size: 1 }],
        likelihood: each.likelihood,
      }, deviceOf(executor));
      const noise = [[0.3]];
      for (const value of [-1e4, -30, 0, 30, 1e4]) {
        const names = [...vae.parameters()].filter(([name]) =>
          /^likelihood|^decoder.*bias/.test(name)
        );
        const filled = names.map(([name, { data }]) =>
          [name, { data: new Float32Array(data.length).fill(value) }] as const
        );
        const encoder = [...vae.parameters()].filter(([name]) => name.startsWith("encoder"));
        const zeros = encoder.map(([name, { data }]) =>
          [name, { data: new Float32Array(data.length) }] as const
        );
        vae.setParameters(new Map([...filled, ...zeros]));
        assert.ok((await vae.score([row])).every(Number.isFinite), `score at ${value}`);
        const { loss, gradients } = await vae.lossAndGradients([row], { noise });
        assert.ok(Number.isFinite(loss), `loss at ${value}`);
        for (const [name, { data }] of gradients) {
          assert.ok(data.every(Number.isFinite), `d/d${name} at ${value}`);
        }
      }
      vae.dispose();
    });
  }
}
