/**
 * What `host_math_test.ts` runs in its own process: fits, scores and saves portable models, and prints digests of the
 * results. With "refuse", Math has none of the functions whose last digits ECMAScript leaves to the host.
 */
import { createHash } from "node:crypto";
import type { CreateOptions, ModelSpecInput, ObjectiveInput } from "../../mod.ts";

// deno-fmt-ignore
const HOST_FUNCTIONS = [
  "exp", "expm1", "log", "log1p", "log2", "log10", "pow", "cbrt", "hypot", "sin", "cos", "tan", "asin", "acos", "atan",
  "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
] as const;

if (Deno.args[0] === "refuse") {
  for (const name of HOST_FUNCTIONS) {
    Math[name] = () => {
      throw new TypeError(`Math.${name} was called`);
    };
  }
}
// Imported only now, because constants of modules must not use these functions either.
const { Detector, factorAnalysis, Rbm, VAE } = await import("../../mod.ts");

const DEVICE = { backend: "wasm", determinism: "portable" } as const;
const PORTABLE = { ...DEVICE, seed: 1 };
const ROWS = 96;

/** Two clusters on a curve, computed with + - · alone; all values are positive. */
const rows = Array.from({ length: ROWS }, (_, r) => {
  const t = (1 + r * 37 % ROWS) / ROWS, cloud = r % 2;
  return [t + cloud, t * t + (r * 29 % 31) / 310, 2 - t + (r * 17 % 23) / 230, 0.1 + cloud / 2];
});
const shares = rows.map((row) => row.map((x) => x / 2.5));
const counts = rows.map((row) => row.map((x) => Math.round(3 * x)));
const bits = rows.map((row) => row.map((x) => Number(x > 1)));

function tell(name: string, ...values: readonly (Uint8Array | object)[]): void {
  const hash = createHash("sha256");
  for (const value of values) {
    hash.update(value instanceof Uint8Array ? value : JSON.stringify(value));
  }
  console.log(name, hash.digest("hex"));
}

interface ModelCase {
  readonly likelihood: ModelSpecInput["likelihood"];
  readonly data?: number[][];
  readonly spec?: Partial<ModelSpecInput>;
  readonly objective?: ObjectiveInput;
}

const gaussian = { type: "gaussian", variance: "perFeature" } as const;
const MODELS: Readonly<Record<string, ModelCase>> = {
  "gaussian": { likelihood: { type: "gaussian", variance: 0.3 } },
  "optimal": { likelihood: { type: "gaussian", variance: "optimal" } },
  "perRow": { likelihood: { type: "gaussian", variance: "perRow" } },
  "contaminated": { likelihood: { type: "contaminatedGaussian" } },
  "student": { likelihood: { type: "studentT" } },
  "laplace": { likelihood: { type: "laplace" } },
  "logNormal": { likelihood: { type: "logNormal" } },
  "bernoulli": { likelihood: { type: "bernoulli" }, data: shares },
  "continuous": { likelihood: { type: "continuousBernoulli" }, data: shares },
  "poisson": { likelihood: { type: "poisson" }, data: counts },
  "negativeBinomial": { likelihood: { type: "negativeBinomial" }, data: counts },
  "categorical latent": {
    likelihood: gaussian,
    spec: { latent: [{ type: "categorical", variables: 2, classes: 3 }] },
  },
  "mixture prior": {
    likelihood: gaussian,
    spec: { prior: { type: "mixture", components: 3 } },
    objective: { type: "iwae", samples: 3 },
  },
  "beta-TC": { likelihood: gaussian, objective: { type: "betaTc", beta: 2 } },
};

const network = { hidden: [7], activation: "softplus" } as const;

for (const [name, { likelihood, data = rows, spec, objective }] of Object.entries(MODELS)) {
  const whole: ModelSpecInput = {
    inputs: 4,
    encoder: network,
    decoder: network,
    latent: [{ size: 2 }],
    ...spec,
    likelihood,
  };
  const vae = await VAE.create(whole, PORTABLE satisfies CreateOptions);
  const decay = "cosine", learningRate = 0.01;
  await vae.fit(data, {
    epochs: 3,
    batchSize: 20,
    objective,
    optimizer: { type: "adam", learningRate, decay },
    validation: 0.2,
  });
  const samples = 4, seed = 3;
  tell(name, vae.save(), [...await vae.score(data)], [
    ...await vae.logLikelihood(data, { samples, seed }),
  ]);
  const loaded = await VAE.load(vae.save(), DEVICE);
  tell(`${name}, drawn`, await loaded.sample(5, { seed }));
  for (const each of [vae, loaded]) each.dispose();
}

const { model, logLikelihood } = await factorAnalysis(rows, {
  ...PORTABLE,
  latent: 2,
  iterations: 20,
});
tell("factor analysis", model.save(), logLikelihood);

const rbm = Rbm.create({ visible: 4, hidden: 3 }, PORTABLE);
await rbm.fit(bits, { epochs: 2 });
tell("rbm", rbm.save(), await rbm.logPartition({ method: "ais", chains: 8, temperatures: 5 }));

for (const preset of ["small", "ensemble"] as const) {
  const detector = await Detector.fit(rows, {
    ...PORTABLE,
    preset,
    ...(preset === "small" && { epochs: 3 }),
  });
  const verdicts = await detector.score(rows), secondLook = true;
  tell(
    `detector ${preset}`,
    detector.save(),
    verdicts,
    await detector.explain(rows.slice(0, 3)),
    await detector.score([[9, 9, 9, 9]], { secondLook }),
  );
}
