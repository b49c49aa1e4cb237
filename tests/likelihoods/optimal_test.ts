/**
 * variance: "optimal". In training, a row costs D/2 (ln 2π + ln MSE + 1) + KL, with the batch's own MSE. After
 * training, the variance is the mean squared error over the training rows, and belongs to the model.
 */
import assert from "node:assert/strict";
import { type FitOptions, VAE } from "../../mod.ts";
import { assertRelative } from "../util/close.ts";
import { normals, planeRows } from "../util/data.ts";
import { deviceOf, EXECUTORS } from "../util/executors.ts";

const COLUMNS = 5;
const SPEC = {
  inputs: COLUMNS,
  encoder: { hidden: [8] },
  decoder: { hidden: [8] },
  latent: [{ size: 2 }],
  likelihood: { type: "gaussian", variance: "optimal" },
} as const;
const ROWS = planeRows(150, COLUMNS, 3, 0.3);
const OPTIONS: FitOptions = {
  epochs: 15,
  batchSize: 32,
  optimizer: { type: "adam", learningRate: 0.02 },
};

for (const executor of EXECUTORS) {
  const device = deviceOf(executor);

  Deno.test(`a training step costs D/2 ln MSE, on ${executor.label}`, async () => {
    const vae = VAE.create(SPEC, { seed: 4, ...device });
    const rows = ROWS.slice(0, 12), samples = 3;
    const flat = normals(rows.length * samples * 2, 8).map(Math.fround);
    const noise = Array.from(
      { length: rows.length * samples },
      (_, i) => flat.slice(2 * i, 2 * i + 2),
    );
    const { loss, gradients } = await vae.lossAndGradients(rows, { noise, objective: { samples } });

    // The same from public methods: z, its decoding, and the closed form of the KL, in float64.
    const { mean, logVar } = await vae.encode(rows);
    const z = noise.map((draw, i) => {
      const at = 2 * Math.floor(i / samples);
      return draw.map((e, l) => mean.data[at + l] + Math.exp(logVar.data[at + l] / 2) * e);
    });
    const decoded = (await vae.decode(z)).data;
    let squares = 0;
    decoded.forEach((mu, i) => {
      const row = rows[Math.floor(i / COLUMNS / samples)];
      squares += (Math.fround(row[i % COLUMNS]) - mu) ** 2 / decoded.length;
    });
    let kl = 0;
    mean.data.forEach((m, i) => {
      const l = logVar.data[i];
      kl += 0.5 * (m * m + Math.exp(l) - l - 1) / rows.length;
    });
    const cost = COLUMNS / 2 * (Math.log(2 * Math.PI) + Math.log(squares) + 1);
    // encode and decode return float32 on every backend.
    assertRelative(loss, cost + kl, 200 * 2 ** -24, 0, "loss");
    assert.deepEqual([...gradients.get("likelihood.logVar")!.data], [0]);
  });

  Deno.test(`after training the variance is the rows' mean squared error, on ${executor.label}`, async () => {
    const vae = VAE.create(SPEC, { seed: 4, ...device });
    const held = planeRows(40, COLUMNS, 70, 0.3);
    const { history } = await vae.fit(ROWS, { ...OPTIONS, epochs: 60, validation: held });
    const logVar = vae.parameters().get("likelihood.logVar")!.data[0];
    const { reconstruction } = await vae.evaluate(ROWS, { samples: 50 });
    const mean = reconstruction.reduce((a, b) => a + b) / ROWS.length;
    // At its optimum, the expected squared error in standard deviations is 1 for each column. It was set from one draw
    // for each of 750 cells: standard error √(2/750) = 5 %.
    const implied = -2 * mean / COLUMNS - Math.log(2 * Math.PI) - logVar;
    assert.ok(Math.abs(implied - 1) < 0.15, `${implied} squared deviations a column`);
    // The validation ELBO of an epoch uses the variance at its end, not that of the epoch before.
    const { elbo } = await vae.evaluate(held, { seed: 4 });
    const validated = elbo.reduce((a, b) => a + b) / held.length;
    assertRelative(history.at(-1)!.validationElbo!, validated, 1e-6);
  });
}

Deno.test("an optimal variance reaches the ELBO of a shared one, and is never below its limit", async () => {
  const train = async (likelihood: Parameters<typeof VAE.create>[0]["likelihood"]) => {
    const vae = VAE.create({ ...SPEC, likelihood }, { seed: 2 });
    await vae.fit(ROWS, { ...OPTIONS, epochs: 150 });
    const elbo = (await vae.elbo(ROWS, { samples: 30 })).reduce((a, b) => a + b) / ROWS.length;
    return { elbo, variance: Math.exp(vae.parameters().get("likelihood.logVar")!.data[0]) };
  };
  const shared = await train({ type: "gaussian", variance: "shared" });
  const optimal = await train({ type: "gaussian", variance: "optimal" });
  assert.ok(optimal.elbo > shared.elbo - 0.3, `${optimal.elbo}, shared ${shared.elbo}`);
  assertRelative(optimal.variance, shared.variance, 0.2);
  const floored = await train({ type: "gaussian", variance: "optimal", minVariance: 2 });
  assertRelative(floored.variance, 2, 1e-6);
});

Deno.test("rows that are fitted exactly leave the variance at its limit, and every step finite", async () => {
  const vae = VAE.create(SPEC, { seed: 1 });
  const report = await vae.fit(ROWS.map(() => [0, 0, 0, 0, 0]), { ...OPTIONS, epochs: 40 });
  assert.equal(report.skippedSteps, 0);
  assert.ok(report.history.every(({ loss }) => Number.isFinite(loss)));
});

Deno.test("an interrupted run with an optimal variance ends with the same bytes", async () => {
  const whole = VAE.create(SPEC, { seed: 6 });
  await whole.fit(ROWS, OPTIONS);
  let stored: Uint8Array | undefined;
  const store = {
    everySeconds: 0,
    read: () => Promise.resolve(stored),
    write: (bytes: Uint8Array) => {
      stored = bytes;
      return Promise.resolve();
    },
  };
  const controller = new AbortController();
  const cut = VAE.create(SPEC, { seed: 6 });
  const fit = cut.fit(ROWS, {
    ...OPTIONS,
    checkpoint: store,
    signal: controller.signal,
    onProgress: ({ epoch }) => epoch === 7 && controller.abort(new Error("cut")),
  });
  await assert.rejects(fit, /cut/);
  const resumed = VAE.create(SPEC, { seed: 6 });
  await resumed.fit(ROWS, { ...OPTIONS, checkpoint: store });
  assert.deepEqual(resumed.save(), whole.save());
});
