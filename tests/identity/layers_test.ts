/**
 * Two layers of latent variables, all Gaussian and linear:
 *
 *   z1 ~ N(0, 1), z0 | z1 ~ N(a z1 + b, s), x | z0 ~ N(c z0 + d, v), so x ~ N(c b + d, c² (a² + s) + v)
 *
 * and q can be the exact posterior, in both directions: ln w is then ln p(x) for every draw. With a q that is too wide,
 * bounds and gradients can be compared on average.
 */
import assert from "node:assert/strict";
import type { ObjectiveInput } from "../../mod.ts";
import type { InferenceDirection, ModelSpecInput } from "../../src/models/spec.ts";
import { layerStream, STREAMS } from "../../src/core/random/streams.ts";
import { batched } from "../../src/core/shape.ts";
import { splitSeed } from "../../src/core/random/philox.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { drawnNoise } from "../../src/layers/noise.ts";
import { VAE } from "../../src/training/vae.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, EXECUTORS, REFERENCE } from "../util/executors.ts";
import { drawTerms, type Parameters, runGraph } from "../util/probe.ts";
import { estimate, STANDARD_ERRORS } from "../util/statistics.ts";

const [a, b, s, c, d, v] = [0.8, 0.3, 0.5, -1.25, 0.4, 0.25];
const MEAN = c * b + d, VARIANCE = c * c * (a * a + s) + v;
const X = [1.1, -0.7];

const exact = (x: number) => -0.5 * (Math.log(2 * Math.PI * VARIANCE) + (x - MEAN) ** 2 / VARIANCE);

const specOf = (inference: InferenceDirection): ModelSpecInput => ({
  inputs: 1,
  latent: [{ size: 1 }, { size: 1 }],
  inference,
  likelihood: { type: "gaussian", variance: v },
});

const GENERATION: Parameters = {
  "decoder1.mean.weight": [a],
  "decoder1.mean.bias": [b],
  "decoder1.logVar.bias": [Math.log(s)],
  "decoder.mean.weight": [c],
  "decoder.mean.bias": [d],
};

/** p(z0 | x) and p(z1 | z0); or p(x | z0) as a function of z0, and p(z1 | x); with variances multiplied by e^wider. */
function posterior(inference: InferenceDirection, wider = 0): Parameters {
  if (inference === "bottomUp") {
    const gain = c * (a * a + s) / VARIANCE, left = (a * a + s) * v / VARIANCE;
    const up = a / (a * a + s);
    return {
      "encoder.mean.weight": [gain],
      "encoder.mean.bias": [b - gain * MEAN],
      "encoder.logVar.bias": [Math.log(left) + wider],
      "encoder1.mean.weight": [up],
      "encoder1.mean.bias": [-up * b],
      "encoder1.logVar.bias": [Math.log(s / (a * a + s)) + wider],
    };
  }
  const gain = a * c / VARIANCE;
  return {
    "encoder.mean.weight": [1 / c],
    "encoder.mean.bias": [-d / c],
    "encoder.logVar.bias": [Math.log(v / (c * c)) + wider],
    "encoder1.mean.weight": [gain],
    "encoder1.mean.bias": [-gain * MEAN],
    "encoder1.logVar.bias": [Math.log(1 - a * c * gain) + wider],
  };
}

for (const inference of ["bottomUp", "ladder"] as const) {
  for (const executor of EXECUTORS) {
    Deno.test(`${inference}: with q the posterior, ln w is ln p(x) for every draw, on ${executor.label}`, () => {
      const parameters = { ...GENERATION, ...posterior(inference) };
      const { logWeights } = drawTerms(executor, specOf(inference), parameters, X, { samples: 64 });
      // Parameters are rounded to float32, which moves the posterior by that fraction of its standard deviation.
      const unit = Math.max(executor.unitRoundoff, 2 ** -24);
      logWeights.forEach((weight, i) => {
        assertRelative(weight, exact(X[Math.floor(i / 64)]), 0, 256 * unit, `draw ${i}`);
      });
    });

    Deno.test(`${inference}: a wide q gives a bound below ln p(x), and weights whose mean is p(x), on ${executor.label}`, () => {
      const parameters = { ...GENERATION, ...posterior(inference, 0.7) };
      const samples = executor.backend === "reference" ? 4096 : 16_384;
      const { logWeights } = drawTerms(executor, specOf(inference), parameters, X, { samples });
      X.forEach((x, row) => {
        const ofRow = logWeights.subarray(row * samples, (row + 1) * samples);
        const bound = estimate(ofRow), ratio = estimate(ofRow.map((w) => Math.exp(w - exact(x))));
        assert.ok(bound.mean < exact(x) - 0.02, `${bound.mean}, ${exact(x)}`);
        assert.ok(
          Math.abs(ratio.mean - 1) <= STANDARD_ERRORS * ratio.standardError,
          `${ratio.mean} ± ${ratio.standardError}`,
        );
      });
    });
  }

  Deno.test(`${inference}: samples have the moments of p(x)`, async () => {
    const vae = VAE.create(specOf(inference));
    vae.setParameters(toMap({ ...GENERATION, ...posterior(inference) }, vae));
    const { data } = await vae.sample(40_000, { seed: 5 });
    const moments: [Float64Array, number][] = [
      [Float64Array.from(data), MEAN],
      [Float64Array.from(data, (x) => (x - MEAN) ** 2), VARIANCE],
    ];
    for (const [values, expected] of moments) {
      const { mean, standardError } = estimate(values);
      assert.ok(
        Math.abs(mean - expected) <= STANDARD_ERRORS * standardError,
        `${mean} ${expected}`,
      );
    }
    vae.dispose();
  });

  Deno.test(`${inference}: the estimators of the gradient agree on average`, async () => {
    const standard = { type: "iwae", samples: 3 } as const;
    const elbo = { type: "elbo", samples: 3 } as const;
    const pairs: [ObjectiveInput, ObjectiveInput][] = [
      [standard, { ...standard, estimator: "dreg" }],
      [elbo, { ...elbo, estimator: "stl" }],
    ];
    for (const [plain, other] of pairs) {
      const [first, second] = [
        await gradients(inference, plain),
        await gradients(inference, other),
      ];
      let spread = 0;
      for (const [name, values] of first) {
        const { mean, standardError } = estimate(values.map((g, i) => g - second.get(name)![i]));
        spread = Math.max(spread, standardError);
        // Rounding of float64 sums is below 1e-9.
        assert.ok(
          Math.abs(mean) <= STANDARD_ERRORS * standardError + 1e-9,
          `${other.type} ${name}: ${mean} ± ${standardError}`,
        );
      }
      assert.ok(spread > 1e-3, "they are not the same estimator");
    }
  });

  Deno.test(`${inference}: three layers train, are saved, and score the same after loading`, async () => {
    const network = { hidden: [5] } as const;
    const vae = VAE.create({
      inputs: 4,
      encoder: network,
      latent: [{ size: 3 }, { size: 2, encoder: network, decoder: network }, { size: 1 }],
      inference,
      prior: { type: "mixture", components: 2 },
      likelihood: { type: "bernoulli" },
    }, { seed: 3 });
    const data = Float32Array.from({ length: 80 }, (_, i) => (Math.sin(i) + 1) / 2);
    const rows = { data, shape: [20, 4] as const };
    const optimizer = { type: "adam", learningRate: 0.02 } as const;
    const { history } = await vae.fit(rows, { epochs: 80, optimizer });
    assert.ok(history[79].loss < history[0].loss, `${history[0].loss} → ${history[79].loss}`);
    const again = await VAE.load(vae.save());
    assert.deepEqual(again.spec, vae.spec);
    assert.deepEqual(await again.score(rows), await vae.score(rows));
    assert.deepEqual((await again.sample(4)).data, (await vae.sample(4)).data);
    assert.deepEqual(
      await again.logLikelihood(rows, { samples: 9 }),
      await vae.logLikelihood(rows, { samples: 9 }),
    );
    vae.dispose();
    again.dispose();
  });
}

Deno.test("invalid layers and directions are refused with the reason", () => {
  const refused: [unknown, RegExp][] = [
    [{ latent: [{ size: 1, encoder: {} }] }, /latent\[0\]: unknown key "encoder"/],
    [
      { latent: [{ size: 1 }, { size: 1, encoder: { hidden: [0] } }] },
      /latent\[1\]\.encoder\.hidden/,
    ],
    [{ latent: [{ size: 1 }, {}] }, /latent\[1\]\.size/],
    [{ latent: [{ size: 1 }], inference: "sideways" }, /spec\.inference/],
    [
      { latent: [{ size: 2, posterior: "full" }, { size: 1 }], inference: "ladder" },
      /spec\.latent\[0\]\.posterior: below the top of a ladder it must be "diagonal".*, got "full"/,
    ],
  ];
  for (const [fields, message] of refused) {
    assert.throws(() => VAE.create({ inputs: 1, ...fields as { latent: [] } }), message);
  }
});

function toMap(parameters: Parameters, vae: VAE) {
  const zeros = [...vae.parameters()].map(([name, { data }]) =>
    [name, { data: data.fill(0) }] as const
  );
  const given = Object.entries(parameters).map(([name, data]) => [name, { data }] as const);
  return new Map<string, { data: ArrayLike<number> }>([...zeros, ...given]);
}

/** The gradient of every coordinate with the noise of many steps, by name. */
async function gradients(inference: InferenceDirection, objective: ObjectiveInput) {
  const vae = VAE.create(specOf(inference), deviceOf(REFERENCE));
  vae.setParameters(toMap({ ...GENERATION, ...posterior(inference, 0.7) }, vae));
  const samples = objective.samples!, steps = 200;
  const values = new Map<string, number[]>();
  const perStep = X.length * samples;
  const draws = [0, 1].map((layer) => noiseOf(layer, samples, steps));
  for (let step = 0; step < steps; step++) {
    const noise = new Map(draws.map((all, layer) => {
      const data = all.subarray(step * perStep, (step + 1) * perStep);
      return [`noise.${layer}`, { data, shape: [perStep, 1] as const }];
    }));
    const { gradients } = await vae.lossAndGradients(X.map((x) => [x]), { noise, objective });
    for (const [name, { data }] of gradients) {
      data.forEach((g, i) => {
        const key = `${name}[${i}]`;
        values.set(key, [...values.get(key) ?? [], g]);
      });
    }
  }
  vae.dispose();
  return values;
}

/** Draws for all steps of a layer, `[steps · rows · K, 1]`. */
function noiseOf(layer: number, samples: number, steps: number): Float64Array {
  const stream = layerStream(STREAMS.posterior, layer), shape = batched(1, samples);
  const build = (g: Graph) => ({ noise: drawnNoise(g, { name: "", stream, shape }) });
  return runGraph(REFERENCE, steps * X.length, build, { key: [...splitSeed(3), 0, 0] }).noise;
}
