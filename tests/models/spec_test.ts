/** Specs: defaults, refusals, and the parameters that follow. */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import { parseSpec } from "../../src/models/spec.ts";

Deno.test("parseSpec() completes what a user leaves out, and leaves a complete spec unchanged", () => {
  const spec = parseSpec({ inputs: 3, latent: [{ size: 2 }] });
  assert.deepEqual(spec, {
    inputs: 3,
    condition: 0,
    encoder: { hidden: [], activation: "tanh" },
    decoder: { hidden: [], activation: "tanh" },
    latent: [{ type: "gaussian", size: 2, posterior: "diagonal", flows: [] }],
    inference: "bottomUp",
    prior: { type: "standard" },
    likelihood: { type: "gaussian", variance: "perFeature", minVariance: 1e-13 },
  });
  assert.deepEqual(parseSpec(spec), spec);
  assert.deepEqual(parseSpec(JSON.parse(JSON.stringify(spec))), spec);
  const fixed = parseSpec({ ...spec, likelihood: { type: "gaussian", variance: 0.5 } });
  assert.deepEqual(parseSpec(fixed), fixed);
});

Deno.test("parseSpec() refuses what it does not know, by name", () => {
  const refused: [unknown, RegExp][] = [
    [null, /spec: expected an object, got null/],
    [{}, /spec.inputs: expected a whole number, got undefined/],
    [{ inputs: 0, latent: [{ size: 1 }] }, /spec.inputs: must be at least 1/],
    [{ inputs: 1e9, latent: [{ size: 1 }] }, /spec.inputs: must be at least 1 and at most 65536/],
    [{ inputs: 2, latent: [] }, /spec.latent: expected a list of 1 to 16 latent layers/],
    [{ inputs: 2, latent: [{ size: 1, flow: 1 }] }, /spec.latent\[0\]: unknown key "flow"/],
    [{ inputs: 2, latent: [{ size: 1 }], seed: 3 }, /unknown key "seed"/],
    [{ inputs: 2, latent: [{ size: 1 }], condition: -1 }, /spec.condition: must be at least 0/],
    [
      { inputs: 2, latent: [{ type: "poisson" }] },
      /spec.latent\[0\].type: expected "gaussian"/,
    ],
    [{ inputs: 2, latent: [{ size: 1, posterior: "banded" }] }, /spec.latent\[0\].posterior/],
    [{ inputs: 2, latent: [{ size: 1, flows: [{ type: "spline" }] }] }, /spec.latent\[0\].flows/],
    [{ inputs: 2, latent: [{ size: 1 }], prior: { type: "flow" } }, /spec.prior.type/],
    [{ inputs: 2, latent: [{ size: 1 }], encoder: { hidden: [0] } }, /spec.encoder.hidden\[0\]/],
    [{ inputs: 2, latent: [{ size: 1 }], encoder: { activation: "gelu" } }, /"gelu"/],
    [{ inputs: 2, latent: [{ size: 1 }], likelihood: { type: "cauchy" } }, /spec.likelihood.type/],
    [
      { inputs: 2, latent: [{ size: 1 }], likelihood: { type: "gaussian", variance: 0 } },
      /spec.likelihood.variance: must be at least 1e-13/,
    ],
    [
      { inputs: 2, latent: [{ size: 1 }], likelihood: { type: "gaussian", variance: 5e8 } },
      /spec.likelihood.variance: .* at most 485165195/,
    ],
    [
      { inputs: 2, latent: [{ size: 1 }], likelihood: { type: "gaussian", minVariance: 5e8 } },
      /spec.likelihood.minVariance: .* at most 485165195/,
    ],
    [
      {
        inputs: 2,
        latent: [{ size: 1 }],
        likelihood: { type: "gaussian", variance: 1, minVariance: 0.1 },
      },
      /spec.likelihood.minVariance: the variance is fixed/,
    ],
    [
      { inputs: 2, latent: [{ size: 1 }], likelihood: { type: "bernoulli", variance: 1 } },
      /unknown key "variance"/,
    ],
  ];
  for (const [spec, message] of refused) assert.throws(() => parseSpec(spec), { message });
});

Deno.test("parametersOf() names every weight and bias, [in, out]", () => {
  const spec = parseSpec({
    inputs: 4,
    encoder: { hidden: [5, 6] },
    decoder: { hidden: [7] },
    latent: [{ size: 2 }],
    likelihood: { type: "gaussian", variance: "shared" },
  });
  const shapes = parametersOf(spec).map(({ name, rows, cols }) => `${name} ${rows}x${cols}`);
  assert.deepEqual(shapes, [
    "encoder.0.weight 4x5",
    "encoder.0.bias 1x5",
    "encoder.1.weight 5x6",
    "encoder.1.bias 1x6",
    "encoder.mean.weight 6x2",
    "encoder.mean.bias 1x2",
    "encoder.logVar.weight 6x2",
    "encoder.logVar.bias 1x2",
    "decoder.0.weight 2x7",
    "decoder.0.bias 1x7",
    "decoder.mean.weight 7x4",
    "decoder.mean.bias 1x4",
    "likelihood.logVar 1x1",
  ]);
});

Deno.test("VAE.create() draws weights within the Xavier or He limit, with the right variance", () => {
  const spec = { inputs: 100, encoder: { hidden: [80] }, latent: [{ size: 2 }] };
  for (const [initialization, fan] of [["xavier", 180], ["he", 100]] as const) {
    const weights = VAE.create(spec, { seed: 7, initialization }).parameters()
      .get("encoder.0.weight")!.data;
    const bound = Math.sqrt(6 / fan);
    const variance = weights.reduce((sum, w) => sum + w * w, 0) / weights.length;
    assert.ok(weights.every((w) => Math.abs(w) <= bound));
    // The variance of 8,000 uniform draws has a relative standard error of √(0.8 / 8000) = 1 %.
    assert.ok(Math.abs(variance / (bound * bound / 3) - 1) < 0.04);
  }
});
