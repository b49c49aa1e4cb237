/**
 * Missing cells in the VAE. Oracles: the closed-form marginal of the observed cells, for a linear Gaussian model; the
 * same model without the option, for whole rows; and that nothing depends on the content of a missing cell.
 */
import assert from "node:assert/strict";
import { TrainedVae, VAE } from "../../mod.ts";
import type { ModelSpecInput } from "../../mod.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { dataFor, LIKELIHOOD_CASES } from "../likelihoods/cases.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";
import { gaussianLogDensity, marginalCovariance } from "../util/linear_gaussian.ts";

const NETWORK = { encoder: { hidden: [5] }, decoder: { hidden: [5] }, latent: [{ size: 2 }] };
const QUICK = {
  epochs: 6,
  batchSize: 16,
  optimizer: { type: "adam", learningRate: 0.02 },
} as const;

/** Rows with some cells NaN; a categorical variable only as a whole. */
function holed(rows: readonly ArrayLike<number>[], share: number, classes = 1): number[][] {
  const random = new HostRandom(5, 0, 0);
  return rows.map((row) => {
    let gone = false;
    return Array.from(row, (value, c) => {
      if (c % classes === 0) gone = random.uniformF64() < share;
      return gone ? NaN : value;
    });
  });
}

for (const executor of EXECUTORS) {
  Deno.test(`the ELBO of the observed cells is their exact marginal, on ${executor.label}`, async () => {
    const columns = 4, variance = 0.25;
    const weight = [0.9, -0.5, 0.25, 0.6, 0.1, 0.75, -0.5, 0.4].map(Math.fround);
    const bias = [0.25, -1, 0.5, 2];
    const row = [1.5, -0.25, 0.75, 1];
    for (const there of [[0, 1, 2, 3], [0, 2], [3], [1, 2, 3]]) {
      // One latent dimension, so that q can be exact for each pattern of missing cells.
      const w = weight.slice(0, columns), own = there.map((d) => w[d]);
      const precision = 1 + own.reduce((sum, each) => sum + each * each, 0) / variance;
      const towards = w.map((each, d) => there.includes(d) ? each / variance / precision : 0);
      const at = there.reduce((sum, d) => sum - bias[d] * towards[d], 0);
      const exact = gaussianLogDensity(
        there.map((d) => row[d]),
        there.map((d) => bias[d]),
        marginalCovariance(own, there.length, variance),
      );
      for (const missing of ["zero", "mask"] as const) {
        const vae = VAE.create({
          inputs: columns,
          latent: [{ size: 1 }],
          likelihood: { type: "gaussian", variance },
          missing,
        }, deviceOf(executor));
        const wide = missing === "mask" ? 2 * columns : columns;
        const padded = Float64Array.from({ length: wide }, (_, d) => towards[d] ?? 0);
        vae.setParameters(
          new Map(
            Object.entries({
              "encoder.mean.weight": padded,
              "encoder.mean.bias": [at],
              "encoder.logVar.weight": new Float64Array(wide),
              "encoder.logVar.bias": [-Math.log(precision)],
              "decoder.mean.weight": w,
              "decoder.mean.bias": bias,
            }).map(([name, data]) => [name, { data }]),
          ),
        );
        const given = [row.map((value, d) => there.includes(d) ? value : NaN)];
        // If q is exact, every importance weight is p(x) itself, for any draw.
        const { logLikelihood } = await vae.evaluate(given, { samples: 3, seed: 7 });
        assert.ok(Math.abs(logLikelihood[0] - exact) < 2e-5, `${logLikelihood[0]}, not ${exact}`);
        vae.dispose();
      }
    }
  });

  for (const each of LIKELIHOOD_CASES) {
    const { name, likelihood, columns } = each;
    const rows = dataFor(each, 60, 9);
    const classes = likelihood.type === "categorical" ? likelihood.classes ?? columns : 1;
    const base: ModelSpecInput = { inputs: columns, ...NETWORK, likelihood };

    Deno.test(`${name}: whole rows score as without the option, on ${executor.label}`, async () => {
      const device = deviceOf(executor);
      const whole = VAE.create(base, { seed: 1, ...device });
      const zero = VAE.create({ ...base, missing: "zero" }, { seed: 1, ...device });
      const [a, b] = [await whole.fit(rows, QUICK), await zero.fit(rows, QUICK)];
      assert.equal(b.skippedSteps, 0);
      const last = (report: typeof a) => report.history.at(-1)!.loss;
      assert.ok(Math.abs(last(a) - last(b)) <= 1e-4 * (1 + Math.abs(last(a))));
      zero.setParameters(whole.parameters());
      assert.deepEqual(await zero.score(rows), await whole.score(rows));
      assert.deepEqual(await zero.encode(rows), await whole.encode(rows));
      assert.deepEqual(await zero.evaluate(rows), await whole.evaluate(rows));
      for (const model of [whole, zero]) model.dispose();
    });

    if (likelihood.type === "mixed") continue; // its groups have the missing cells of their members

    Deno.test(`${name}: trains, scores and saves with missing cells, on ${executor.label}`, async () => {
      const device = deviceOf(executor), data = holed(rows, 0.3, classes);
      for (const missing of ["zero", "mask"] as const) {
        const vae = VAE.create({ ...base, missing }, { seed: 1, ...device });
        const report = await vae.fit(data, { ...QUICK, validation: 0.2 });
        assert.equal(report.skippedSteps, 0);
        assert.ok(report.history.at(-1)!.loss < report.history[0].loss, "the loss falls");
        const scores = await vae.score(data);
        assert.ok(scores.every(Number.isFinite));
        assert.ok((await vae.logLikelihood(data.slice(0, 4))).every(Number.isFinite));
        const loaded = await TrainedVae.load(vae.save(), device);
        assert.equal(loaded.spec.missing, missing);
        assert.deepEqual(await loaded.score(data), scores);
        const single = new Float64Array(1);
        data.slice(0, 20).forEach((row, r) => {
          loaded.scoreInto(Float32Array.from(row), single);
          assert.equal(single[0], scores[r]);
        });
        // No observed cell at all: only the KL remains.
        const none = [new Array(columns).fill(NaN)];
        assert.deepEqual(await vae.score(none), await vae.score(none, { method: "kl" }));
        for (const model of [vae, loaded]) model.dispose();
      }
    });
  }
}

Deno.test("models without the option refuse missing cells by row and column", async () => {
  const vae = VAE.create({ inputs: 2, latent: [{ size: 1 }] });
  await assert.rejects(vae.fit([[1, 2], [3, NaN]]), /row 2, column 2: expected a finite number/);
  assert.throws(
    () => VAE.create({ inputs: 2, latent: [{ size: 1 }], missing: "maybe" as "mask" }),
    /spec\.missing/,
  );
  assert.throws(
    () =>
      VAE.create({
        inputs: 2,
        condition: 2,
        classifier: {},
        latent: [{ size: 1 }],
        missing: "mask",
      }),
    /spec\.missing: a model with a classifier takes no missing cells/,
  );
  const categorical = VAE.create({
    inputs: 3,
    latent: [{ size: 1 }],
    likelihood: { type: "categorical" },
    missing: "zero",
  });
  await assert.rejects(
    categorical.score([[1, 0, 0], [NaN, 1, 0]]),
    /row 2, column 1: a categorical likelihood needs/,
  );
  for (const model of [vae, categorical]) model.dispose();
});

Deno.test("conditions, several layers, priors and objectives work with missing cells", async () => {
  const each = LIKELIHOOD_CASES.find(({ name }) => name.startsWith("gaussian"))!;
  const rows = holed(dataFor(each, 64, 3), 0.25), { columns } = each;
  const condition = rows.map((_, r) => [r % 2]);
  const specs: [Partial<ModelSpecInput>, object][] = [
    [{ condition: 1 }, {}],
    [{ latent: [{ size: 2 }, { size: 1 }], inference: "ladder" }, {}],
    [{ prior: { type: "vamp", components: 4 } }, {}],
    [{ likelihood: { type: "gaussian", variance: "optimal" } }, {}],
    [{}, { objective: { type: "iwae", samples: 4 } }],
    [{}, { objective: { type: "betaTc" } }],
    [{}, { objective: { type: "elbo", corruption: { type: "mask", probability: 0.2 } } }],
  ];
  for (const [spec, options] of specs) {
    for (const missing of ["zero", "mask"] as const) {
      const vae = VAE.create({ inputs: columns, ...NETWORK, missing, ...spec }, { seed: 2 });
      const given = vae.spec.condition ? { condition } : {};
      const report = await vae.fit(rows, { ...QUICK, ...options, ...given });
      assert.equal(report.skippedSteps, 0, JSON.stringify(spec));
      assert.ok((await vae.score(rows, given)).every(Number.isFinite));
      if (vae.spec.latent.length === 1) {
        const some = given.condition ? { condition: condition.slice(0, 3) } : {};
        const { refinedElbo } = await vae.gaps(rows.slice(0, 3), { steps: 20, ...some });
        assert.ok(refinedElbo.every(Number.isFinite));
      }
      vae.dispose();
    }
  }
});

Deno.test("gradients with missing cells match finite differences", async () => {
  const spec = { inputs: 3, ...NETWORK, missing: "mask" } as const;
  const vae = VAE.create(spec, { seed: 3, backend: "reference" });
  const x = [[0.5, NaN, -1], [NaN, NaN, 2], [1, 0.25, -0.5]],
    noise = [[0.3, -1], [1, 0.2], [0, 0.5]];
  const { gradients } = await vae.lossAndGradients(x, { noise });
  const lossAt = async () => (await vae.lossAndGradients(x, { noise })).loss;
  for (const [name, { data }] of vae.parameters()) {
    for (const i of [0, data.length - 1]) {
      const step = 2 ** -7, ends: number[] = [];
      for (const sign of [1, -1]) {
        const moved = data.slice();
        moved[i] += sign * step;
        vae.setParameters(new Map([[name, { data: moved }]]));
        ends.push(await lossAt());
      }
      vae.setParameters(new Map([[name, { data }]]));
      const slope = (ends[0] - ends[1]) / (2 * step);
      // The error of a central difference is of order step² = 6e-5.
      assert.ok(
        Math.abs(slope - gradients.get(name)!.data[i]) < 1e-3 * (1 + Math.abs(slope)),
        name,
      );
    }
  }
  vae.dispose();
});
