/**
 * Shaders that compute wrongly, of every kind: a text of each is changed, and the run must notice it and end as on
 * WebAssembly.
 */
import {
  assertEndsRight,
  type Example,
  SMALL,
  type TrainingCheck,
  WITH_DRAWS,
} from "./training.ts";
import { type Faults, withWrongShader } from "./faulty_gpu.ts";

/** How a kind of shader is changed: a text in it, and its replacement. */
type Wrong = Readonly<Record<string, readonly [text: string | RegExp, wrong: string]>>;

const WRONG: Wrong = {
  "a product": [/fma\(x0, y0,/g, "fma(x0, 1.01 * y0,"],
  "a density": ["logVar + 1.83787704", "logVar + 1.83"],
  "noise": ["turn(v, 1u - (col & 1u))", "turn(v, col & 1u)"],
  "a sum over columns": [
    "let total = pool[local - local % lanes];",
    "let total = 1.01 * pool[local - local % lanes];",
  ],
  "a sum over rows": ["sum += scratch", "sum = scratch"],
  "a norm": ["sum = fma(value, value, sum);", "sum += value;"],
  "an update": ["fma(-rate, step,", "fma(rate, step,"],
  "gathering": ["data[source + col]", "data[source]"],
  "recording": ["= scratch[source + k];", "= 1.01 * scratch[source + k];"],
};

const WRONG_WITH_DRAWS: Wrong = {
  "an activation": ["withSign(m / (m + 2.0), x)", "withSign(m / (m + 2.1), x)"],
  "a log-sum-exp": ["result += logarithm(total);", "result += 1.01 * logarithm(total);"],
  "a softmax": ["- largest) / total;", "- largest) / (total + 0.1);"],
  "the sum of a row's draws": [/(for \(var i = )0u(; i < [^;]+; i\+\+\) \{ \w+ \+= )/g, "$11u$2"],
  "the repetition of rows": [/\(row \/ records/g, "(row % records"],
};

/** Zeros and ones that are drawn anew at every step, and an optimiser without Adam's scale. */
const DRAWN: Example = {
  ...SMALL,
  spec: { ...SMALL.spec, likelihood: { type: "bernoulli" } },
  fit: {
    ...SMALL.fit,
    binarize: true,
    optimizer: { type: "sgd", learningRate: 0.05, momentum: 0.9, clipNorm: 0.5 },
  },
  rows: async () => (await SMALL.rows()).map((row) => row.map((x) => Math.min(1, Math.abs(x)))),
};

const WRONG_WITH_ZEROS_AND_ONES: Wrong = {
  "a Bernoulli density": ["- softplusTail(logit);", "- 1.01 * softplusTail(logit);"],
  "the slope of a Bernoulli density": [/ - sigmoid\(/g, " - 1.01 * sigmoid("],
  "a KL": ["expm1LessX(logVar)) * 0.5;", "expm1LessX(logVar)) * 0.51;"],
  "a draw from the posterior": [
    /fma\(exponential\(([^;]*?) \* 0\.5\)/g,
    "fma(exponential($1 * 0.6)",
  ],
  "a uniform number": ["5.9604644775390625e-8", "5.4e-8"],
  "a step of SGD": [/(let step = fma\(.*), factor \*/g, "$1, 1.1 * factor *"],
  "a clipped norm": ["min(1.0, maxNorm /", "min(1.0, 1.1 * maxNorm /"],
};

/** Counts: their density needs ratios of gamma functions. */
const COUNTS: Example = {
  ...SMALL,
  spec: { ...SMALL.spec, likelihood: { type: "poisson" } },
  rows: async () => (await SMALL.rows()).map((row) => row.map((x) => Math.round(3 * Math.abs(x)))),
};

const WRONG_WITH_COUNTS: Wrong = {
  "a gamma function": ["((stretch - step) + tails)", "(1.01 * (stretch - step) + tails)"],
};

/** Halves of the latent variable that are split and joined again, forward and back. */
const flows = [{ type: "coupling", hidden: [4] }, { type: "coupling", hidden: [4] }] as const;
const COUPLED: Example = { ...SMALL, spec: { ...SMALL.spec, latent: [{ size: 4, flows }] } };

const WRONG_WITH_COUPLING: Wrong = {
  "a slice": [/\(?col \+ (records\[base \+ \d+u\])\)?/g, "col"],
  "columns put together": [/if \(col < ([^;]+?)\) \{ (v\d+) = /g, "if (col + 1u < $1) { $2 = "],
  "columns put among zeros": [/if \(col >= ([^;]+?) && col - /g, "if (col > $1 && col - "],
};

/** What must be noticed in a run of each example. */
const EXAMPLES: readonly (readonly [Example, Wrong])[] = [
  [SMALL, WRONG],
  [WITH_DRAWS, WRONG_WITH_DRAWS],
  [DRAWN, WRONG_WITH_ZEROS_AND_ONES],
  [COUNTS, WRONG_WITH_COUNTS],
  [COUPLED, WRONG_WITH_COUPLING],
];

function assertFound(example: Example, text: string | RegExp, wrong: string): Promise<void> {
  const run = (fault: Faults) => assertEndsRight(fault, /Cannot trust the GPU/, example);
  return withWrongShader(text, wrong, run);
}

export const WRONG_SHADER_CHECKS: readonly TrainingCheck[] = [
  ...EXAMPLES.flatMap(([example, kinds]) =>
    Object.entries(kinds).map(([what, [text, wrong]]): TrainingCheck => ({
      name: `${what} that comes out wrong is found out`,
      run: () => assertFound(example, text, wrong),
    }))
  ),
];
