/** `fit`: its promises about seeds, schedules, stopping, cancelling and bad steps. */
import assert from "node:assert/strict";
import { DivergenceError, type EpochReport, type FitOptions, VAE } from "../../mod.ts";
import { planeRows } from "../util/data.ts";

const ROWS = planeRows(200, 5, 1);
const SPEC = {
  inputs: 5,
  encoder: { hidden: [8] },
  decoder: { hidden: [8] },
  latent: [{ size: 2 }],
} as const;
const OPTIONS: FitOptions = {
  epochs: 6,
  batchSize: 32,
  optimizer: { type: "adam", learningRate: 0.01 },
};

async function fitted(options: FitOptions = {}, seed = 1): Promise<VAE> {
  const vae = VAE.create(SPEC, { seed });
  await vae.fit(ROWS, { ...OPTIONS, ...options });
  return vae;
}

Deno.test("fit() gives the same bytes for the same seed, and others for another", async () => {
  const [a, b, c] = [await fitted(), await fitted(), await fitted({}, 2)];
  assert.deepEqual(a.save(), b.save());
  assert.notDeepEqual(a.save(), c.save());
});

Deno.test("fit() raises the ELBO of rows it has not seen", async () => {
  const unseen = planeRows(300, 5, 1).slice(200);
  const vae = VAE.create(SPEC, { seed: 1 });
  const mean = async () => (await vae.elbo(unseen, { samples: 20 })).reduce((a, b) => a + b) / 100;
  const before = await mean();
  await vae.fit(ROWS, { ...OPTIONS, epochs: 40 });
  assert.ok(await mean() > before + 2, "at least two nats a row better");
});

for (const type of ["sgd", "adam", "adamw"] as const) {
  Deno.test(`fit() lowers the loss with ${type}`, async () => {
    const vae = VAE.create(SPEC, { seed: 1 });
    const optimizer = type === "sgd"
      ? { type, momentum: 0.9, learningRate: 0.01, clipNorm: 5 }
      : { type };
    const { history } = await vae.fit(ROWS, { ...OPTIONS, epochs: 20, optimizer });
    assert.ok(history.at(-1)!.loss < history[0].loss);
  });
}

Deno.test("fit() reports each epoch, and the same numbers at the end", async () => {
  const seen: EpochReport[] = [];
  const vae = VAE.create(SPEC, { seed: 1 });
  const report = await vae.fit(ROWS, {
    ...OPTIONS,
    validation: 0.2,
    onProgress: (r) => seen.push(r),
  });
  assert.deepEqual(seen.map((r) => r.epoch), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(seen.map((r) => r.loss), report.history.map((r) => r.loss));
  for (const each of seen) {
    assert.ok(each.rowsPerSecond > 0 && each.secondsLeft >= 0);
    assert.ok(each.activeUnits >= 0 && each.activeUnits <= 2);
    assert.ok(Number.isFinite(each.validationElbo));
    // One is the float32 sum of the others, computed inside the program.
    assert.ok(Math.abs(each.elbo + each.reconstruction + each.kl) < 1e-9);
    assert.ok(Math.abs(each.loss + each.elbo) < 1e-5 * Math.abs(each.loss));
  }
});

Deno.test("fit() raises the weight of the KL from almost zero to beta", async () => {
  const losses = async (warmUpEpochs: number) => {
    const { history } = await VAE.create(SPEC, { seed: 1 }).fit(ROWS, {
      ...OPTIONS,
      objective: { beta: 2, warmUpEpochs },
    });
    return history.map(({ loss, reconstruction, kl }) => (loss - reconstruction) / kl);
  };
  const weights = await losses(4);
  assert.ok(weights[0] < 0.6 && weights[1] > weights[0] && weights[2] > weights[1]);
  assert.ok(Math.abs(weights[5] - 2) < 1e-5);
  assert.ok(Math.abs((await losses(0))[0] - 2) < 1e-5);
});

Deno.test("fit() stops early and keeps the best epoch's parameters", async () => {
  const vae = VAE.create(SPEC, { seed: 1 });
  const held = planeRows(60, 5, 50);
  const report = await vae.fit(ROWS.slice(0, 20), {
    epochs: 400,
    batchSize: 20,
    optimizer: { type: "adam", learningRate: 0.02 },
    validation: held,
    earlyStopping: { patience: 5 },
  });
  assert.ok(report.stoppedEarly);
  const elbos = report.history.map((epoch) => epoch.validationElbo!);
  assert.equal(report.epoch, elbos.indexOf(Math.max(...elbos)) + 1);
  assert.equal(report.history.length, report.epoch + 5);
  const { elbo } = await vae.evaluate(held, { seed: 1 });
  assert.equal(elbo.reduce((a, b) => a + b) / 60, elbos[report.epoch - 1]);
});

Deno.test("fit() rejects with the signal's reason soon after an abort", async () => {
  const controller = new AbortController();
  const vae = VAE.create(SPEC, { seed: 1 });
  const fit = vae.fit(ROWS, { ...OPTIONS, epochs: 1e6, signal: controller.signal });
  setTimeout(() => controller.abort(new DOMException("Enough", "AbortError")), 20);
  await assert.rejects(fit, { name: "AbortError", message: "Enough" });
  assert.ok([...vae.parameters().values()].every(({ data }) => data.every(Number.isFinite)));
});

Deno.test("fit() skips a step that is not finite, falls back, and continues", async () => {
  // relu and a fixed variance: nothing limits growth at a rate that is too high.
  const network = { hidden: [8], activation: "relu" } as const;
  const likelihood = { type: "gaussian", variance: 1 } as const;
  const vae = VAE.create({ ...SPEC, encoder: network, decoder: network, likelihood }, { seed: 1 });
  const report = await vae.fit(ROWS, {
    ...OPTIONS,
    optimizer: { type: "sgd", learningRate: 100 },
    epochs: 12,
  });
  assert.ok(report.skippedSteps > 0 && report.rollbacks > 0);
  assert.ok(report.history.at(-1)!.loss < 20, "it learns in the end");
  assert.ok([...vae.parameters().values()].every(({ data }) => data.every(Number.isFinite)));
});

Deno.test("fit() gives up with a reason if no rate helps", async () => {
  const vae = VAE.create(SPEC, { seed: 1 });
  const hopeless = ROWS.map((row) => row.map((value) => value * 1e30));
  await assert.rejects(vae.fit(hopeless, { ...OPTIONS, epochs: 100 }), (error: Error) => {
    assert.ok(error instanceof DivergenceError);
    assert.match(error.message, /check the scale of the data/);
    return true;
  });
});

Deno.test("fit() refuses unknown options by name", async () => {
  const vae = VAE.create(SPEC);
  const refused: [Record<string, unknown>, RegExp][] = [
    [{ epoch: 3 }, /unknown key "epoch"/],
    [{ epochs: 0 }, /epochs: must be at least 1/],
    [{ batchSize: 1.5 }, /batchSize: expected a whole number/],
    [{ optimizer: { type: "adamax" } }, /optimizer.*/],
    [{ optimizer: { type: "sgd", beta1: 0.9 } }, /unknown key "beta1"/],
    [{ optimizer: { type: "adam", weightDecay: 0.1 } }, /only type "adamw" has it/],
    [{ objective: { beta: -1 } }, /objective.beta/],
    [{ earlyStopping: { patience: 3 } }, /needs validation rows/],
    [{ validation: 1 }, /validation/],
  ];
  for (const [options, message] of refused) {
    await assert.rejects(vae.fit(ROWS, options), { message });
  }
  await assert.rejects(vae.fit([], {}), /no rows to train on/);
  await assert.rejects(
    vae.fit([[1, 2]], {}),
    /Cannot read row 1: expected 5 numbers, got 2/,
  );
  await assert.rejects(
    vae.fit([[1, 2, NaN, 4, 5]], {}),
    /row 1, column 3: expected a finite number/,
  );
});
