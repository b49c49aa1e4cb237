/** What a spec can say about p(x | z): defaults, refusals, and the parameters that follow. */
import assert from "node:assert/strict";
import { parseSpec } from "../../src/models/spec.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";

function parse(likelihood: unknown, inputs = 6) {
  return parseSpec({ inputs, latent: [{ size: 1 }], likelihood }).likelihood;
}

const COMPLETE: readonly (readonly [given: unknown, complete: unknown])[] = [
  [undefined, { type: "gaussian", variance: "perFeature", minVariance: 1e-13 }],
  [{ type: "gaussian", variance: "optimal", minVariance: 0.01 }, {
    type: "gaussian",
    variance: "optimal",
    minVariance: 0.01,
  }],
  [{ type: "bernoulli" }, { type: "bernoulli" }],
  [{ type: "continuousBernoulli" }, { type: "continuousBernoulli" }],
  [{ type: "studentT", scale: 2 }, {
    type: "studentT",
    degreesOfFreedom: "perFeature",
    scale: 2,
    minScale: 3.1e-7,
  }],
  [{ type: "contaminatedGaussian", share: "shared" }, {
    type: "contaminatedGaussian",
    variance: "perFeature",
    minVariance: 1e-13,
    share: "shared",
    breadth: 10,
  }],
  [{ type: "laplace" }, { type: "laplace", scale: "perFeature", minScale: 3.1e-7 }],
  [{ type: "logNormal", variance: "perRow" }, {
    type: "logNormal",
    variance: "perRow",
    minVariance: 1e-13,
  }],
  [{ type: "poisson" }, { type: "poisson" }],
  [{ type: "negativeBinomial" }, { type: "negativeBinomial", dispersion: "perFeature" }],
  [{ type: "categorical" }, { type: "categorical", classes: 6 }],
  [{ type: "categorical", classes: 3 }, { type: "categorical", classes: 3 }],
  [
    {
      type: "mixed",
      columns: [
        { type: "gaussian", count: 2 },
        { type: "poisson" },
        { type: "categorical", classes: 3 },
      ],
    },
    {
      type: "mixed",
      columns: [
        { type: "gaussian", count: 2, variance: "perFeature", minVariance: 1e-13 },
        { type: "poisson", count: 1 },
        { type: "categorical", count: 1, classes: 3 },
      ],
    },
  ],
];

Deno.test("parseSpec() completes every likelihood, and leaves complete ones unchanged", () => {
  for (const [given, complete] of COMPLETE) {
    assert.deepEqual(parse(given), complete);
    assert.deepEqual(parse(complete), complete);
  }
});

const L = "spec.likelihood";
const group = (...columns: readonly unknown[]) => ({ type: "mixed", columns });

const REFUSED: readonly (readonly [given: unknown, message: string])[] = [
  ["poisson", `${L}: expected an object, got "poisson"`],
  [null, `${L}: expected an object, got null`],
  [{}, `${L}.type: expected "gaussian", "bernoulli"`],
  [{ type: "poisson", dispersion: 1 }, `${L}: unknown key "dispersion"`],
  [{ type: "continuousBernoulli", lambda: 1 }, `${L}: unknown key "lambda"`],
  [{ type: "gaussian", variance: "perrow" }, `${L}.variance: expected "shared"`],
  [
    { type: "gaussian", variance: null },
    `${L}.variance: expected "shared", "perFeature", "perRow" or "optimal", got null`,
  ],
  [
    { type: "logNormal", variance: "optimal" },
    `${L}.variance: expected "shared", "perFeature" or "perRow", got "optimal"`,
  ],
  [{ type: "contaminatedGaussian", share: 0.6 }, `${L}.share: must be at least 0.000001`],
  [{ type: "contaminatedGaussian", breadth: 0 }, `${L}.breadth: must be at least 0.001`],
  [
    { type: "contaminatedGaussian", variance: "optimal" },
    `${L}.variance: expected "shared", "perFeature" or "perRow", got "optimal"`,
  ],
  [{ type: "laplace", scale: 0 }, `${L}.scale: must be at least 3.1e-7`],
  [{ type: "laplace", scale: 1, minScale: 0.5 }, `${L}.minScale: the scale is fixed`],
  [{ type: "studentT", degreesOfFreedom: 0 }, `${L}.degreesOfFreedom: must be at least 0.1`],
  [
    { type: "studentT", degreesOfFreedom: "perRow" },
    `${L}.degreesOfFreedom: expected "shared" or "perFeature", got "perRow"`,
  ],
  [{ type: "negativeBinomial", dispersion: 1e7 }, `${L}.dispersion: must be at least 0.0001`],
  [{ type: "categorical", classes: 1 }, `${L}.classes: must be at least 2`],
  [{ type: "categorical", classes: 4 }, `${L}.classes: must divide the 6 columns`],
  [{ type: "mixed" }, `${L}.columns: expected a list of groups of columns`],
  [group(), `${L}.columns: expected a list`],
  [group(undefined), `${L}.columns[0]: expected an object`],
  [group({ type: "gaussian", count: 5 }), `${L}.columns: the groups must have 6 columns together`],
  [group({ type: "gaussian", count: 0 }), `${L}.columns[0].count: must be at least 1`],
  [group({ type: "gaussian", count: 6, weight: 2 }), `${L}.columns[0]: unknown key "weight"`],
  [
    group({ type: "poisson", count: 3 }, group()),
    `${L}.columns[1].type: expected "gaussian", "bernoulli"`,
  ],
  [group({ type: "categorical", count: 2 }), `${L}.columns[0].classes: expected a whole number`],
  [group({ type: "gaussian", count: 6, variance: -1 }), `${L}.columns[0].variance: must be`],
];

Deno.test("parseSpec() refuses unknown properties of a likelihood by name", () => {
  for (const [given, message] of REFUSED) {
    assert.throws(
      () => parse(given),
      (error: Error) => {
        assert.ok(error instanceof TypeError || error instanceof RangeError);
        assert.ok(error.message.startsWith(`Cannot read ${message}`), error.message);
        return true;
      },
    );
  }
});

Deno.test("parametersOf() names the heads of each group, and other learned parameters", () => {
  const spec = parseSpec({
    inputs: 9,
    latent: [{ size: 1 }],
    decoder: { hidden: [4] },
    likelihood: {
      type: "mixed",
      columns: [
        { type: "gaussian", count: 2, variance: "perRow" },
        { type: "gaussian", count: 2, variance: "optimal" },
        { type: "categorical", classes: 3 },
        { type: "studentT" },
        { type: "negativeBinomial", dispersion: "shared" },
      ],
    },
  });
  const shapes = parametersOf(spec).map(({ name, rows, cols }) => `${name} ${rows}x${cols}`)
    .filter((each) => /group|likelihood/.test(each));
  const head = (name: string, cols: number) => [
    `decoder.${name}.weight 4x${cols}`,
    `decoder.${name}.bias 1x${cols}`,
  ];
  assert.deepEqual(shapes, [
    ...head("group0.mean", 2),
    ...head("group0.logVar", 2),
    ...head("group1.mean", 2),
    "likelihood.group1.logVar 1x1",
    ...head("group2.logits", 3),
    ...head("group3.mean", 1),
    "likelihood.group3.logScale 1x1",
    "likelihood.group3.logDegrees 1x1",
    ...head("group4.logMean", 1),
    "likelihood.group4.logDispersion 1x1",
  ]);
});
