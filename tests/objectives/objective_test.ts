/** Objectives as JSON: defaults, refusals, and training with each. */
import assert from "node:assert/strict";
import { type ObjectiveInput, VAE } from "../../mod.ts";
import { parseObjective } from "../../src/objectives/objective.ts";
import { planeRows } from "../util/data.ts";

Deno.test("parseObjective() completes what a user leaves out, and leaves a complete objective unchanged", () => {
  const clean = { corruption: { type: "none" } };
  const weight = { beta: 1, warmUpEpochs: 0, cycleEpochs: 0 };
  const elbo = { kl: "analytic", estimator: "standard", freeBits: 0, capacity: null };
  const cases: [ObjectiveInput, unknown][] = [
    [{}, { type: "elbo", samples: 1, ...clean, ...weight, ...elbo }],
    [{ type: "iwae" }, { type: "iwae", samples: 5, ...clean, estimator: "standard" }],
    [{ type: "renyi", samples: 3 }, { type: "renyi", samples: 3, ...clean, alpha: 0.5 }],
    [{ type: "betaTc", beta: 6 }, { type: "betaTc", samples: 1, ...clean, ...weight, beta: 6 }],
  ];
  for (const [given, complete] of cases) {
    assert.deepEqual(parseObjective(given), complete);
    assert.deepEqual(parseObjective(complete), complete);
  }
  const stl = parseObjective({ estimator: "stl" });
  assert.deepEqual(parseObjective(JSON.parse(JSON.stringify(stl))), stl);
  assert.ok("kl" in stl && stl.kl === "monteCarlo");
});

Deno.test("parseObjective() refuses what it does not know, by name", () => {
  const refused: [unknown, RegExp][] = [
    [null, /objective: expected an object/],
    [{ type: "vae" }, /objective.type: expected "elbo", "iwae", "renyi", "betaTc"/],
    [{ alpha: 2 }, /unknown key "alpha"/],
    [{ type: "iwae", beta: 2 }, /unknown key "beta"/],
    [{ samples: 0 }, /objective.samples: must be at least 1/],
    [{ estimator: "dreg" }, /objective.estimator: expected "standard" or "stl"/],
    [{ type: "iwae", estimator: "vimco" }, /objective.estimator: .* "vimco"/],
    [{ estimator: "stl", kl: "analytic" }, /objective.kl: expected "monteCarlo"/],
    [{ estimator: "stl", freeBits: 1 }, /estimator "stl" and freeBits cannot be combined/],
    [{ freeBits: 1, capacity: { nats: 1, epochs: 1 } }, /capacity and freeBits cannot/],
    [{ freeBits: -1 }, /objective.freeBits: must be at least 0/],
    [{ capacity: { nats: 5 } }, /objective.capacity.epochs: expected a finite number/],
    [{ capacity: 5 }, /objective.capacity: expected an object/],
    [{ cycleEpochs: 3 }, /objective.cycleEpochs: warmUpEpochs must be above 0/],
    [{ cycleEpochs: 3, warmUpEpochs: 4 }, /objective.cycleEpochs/],
    [{ type: "renyi", alpha: 0.995 }, /objective.alpha: must be 1 or differ from it by 0.01/],
    [{ corruption: { type: "blur" } }, /objective.corruption.type: .* "blur"/],
    [{ corruption: { type: "gaussian" } }, /objective.corruption.scale/],
    [{ corruption: { type: "mask", scale: 1 } }, /unknown key "scale"/],
    [{ corruption: { type: "mask", probability: 1 } }, /objective.corruption.probability/],
    [{ type: "betaTc", corruption: { type: "gaussian", scale: 1 } }, /"betaTc" takes none/],
  ];
  for (const [objective, message] of refused) {
    assert.throws(() => parseObjective(objective), { message });
  }
});

const ROWS = planeRows(120, 5, 1);
const SPEC = {
  inputs: 5,
  encoder: { hidden: [8] },
  decoder: { hidden: [8] },
  latent: [{ size: 3 }],
};
const OBJECTIVES: ObjectiveInput[] = [
  { estimator: "stl", samples: 2 },
  { freeBits: 0.1, kl: "analytic" },
  { beta: 5, capacity: { nats: 3, epochs: 10 } },
  { beta: 2, warmUpEpochs: 2, cycleEpochs: 4 },
  { type: "iwae", samples: 8, estimator: "dreg" },
  { type: "renyi", alpha: 0.5 },
  { type: "betaTc", beta: 4 },
  { type: "iwae", corruption: { type: "mask", probability: 0.2 } },
];

for (const objective of OBJECTIVES) {
  Deno.test(`fit() with ${JSON.stringify(objective)} learns`, async () => {
    const vae = VAE.create(SPEC, { seed: 2 });
    const mean = async () => {
      const bounds = await vae.logLikelihood(ROWS, { samples: 50 });
      return bounds.reduce((sum, value) => sum + value, 0) / bounds.length;
    };
    const before = await mean();
    // 120 rows: the last batch is short, and beta-TC's reference rows wrap around.
    const optimizer = { type: "adam", learningRate: 0.01 } as const;
    const { history } = await vae.fit(ROWS, { epochs: 30, batchSize: 50, objective, optimizer });
    assert.ok(history.at(-1)!.loss < history[0].loss);
    assert.ok(await mean() > before + 1, "at least a nat a row better");
    vae.dispose();
  });
}

Deno.test("an objective over the aggregated posterior requires more rows than a batch", async () => {
  const vae = VAE.create(SPEC, { seed: 2 });
  await assert.rejects(
    vae.fit(ROWS, { batchSize: 200, objective: { type: "betaTc" } }),
    /objective "betaTc" needs more rows than one batch: batchSize is 120 of 120 rows/,
  );
  vae.dispose();
});
