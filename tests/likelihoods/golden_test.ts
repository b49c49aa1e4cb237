/**
 * Every likelihood against PyTorch in float64, and the ratios of gamma functions against mpmath:
 * scripts/golden/make_likelihood_golden.py.
 *
 * Tolerance: each term of a log-density has up to 16 roundings (kernels have errors of up to 6 ULP), in proportion to
 * the largest intermediate value of the formula. PyTorch's own float64 has the same, in proportion to the ln Γ that it
 * subtracts.
 */
import assert from "node:assert/strict";
import type { LikelihoodInput } from "../../src/distributions/likelihoods/options.ts";
import { assertRelative } from "../util/close.ts";
import { EXECUTORS } from "../util/executors.ts";
import { column, runGraph } from "../util/probe.ts";
import { evaluateLikelihood, type Parameters } from "./probe.ts";

interface Golden {
  readonly name: string;
  readonly likelihood: LikelihoodInput;
  readonly columns: number;
  readonly parameters: Parameters;
  readonly x: readonly (readonly number[])[];
  readonly logProb: readonly (readonly number[])[];
  readonly mean: readonly number[];
  readonly gradients: Parameters;
}

function readLines<Line>(name: string): Line[] {
  const text = Deno.readTextFileSync(new URL(`../golden/likelihoods/${name}`, import.meta.url));
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

const DENSITIES = readLines<Golden>("densities.jsonl");
const GAMMA = readLines<[a: number, d: number, f: number, slope: number]>("gamma.jsonl");

const ROUNDINGS = 16;

for (const executor of EXECUTORS) {
  const unit = executor.unitRoundoff + 2 ** -50;
  for (const golden of DENSITIES) {
    Deno.test(`${golden.name} agrees with PyTorch, on ${executor.label}`, () => {
      const { x, parameters } = golden;
      const got = evaluateLikelihood(executor, golden.likelihood, parameters, x);
      golden.logProb.flat().forEach((want, i) => {
        const cell = x.flat()[i], size = scaleOf(golden, i % golden.columns, cell);
        const absolute = ROUNDINGS * unit * size;
        assertRelative(got.logProb[i], want, ROUNDINGS * unit, absolute, `ln p(${cell}), ${i}`);
      });
      golden.mean.forEach((want, c) => {
        // An exponent of up to 60 passes its own rounding on to the exponential; near ½, PyTorch's mean of the
        // continuous Bernoulli is a Taylor series that leaves out 1e-13.
        assertRelative(got.mean[c], want, 70 * unit, 4 * unit + 2e-13, `mean ${c}`);
      });
      for (const [name, want] of Object.entries(golden.gradients)) {
        want.forEach((derivative, c) => {
          const size = x.reduce((sum, row) => sum + slopeScaleOf(golden, c, row), 0);
          const absolute = 2 * ROUNDINGS * unit * size;
          assertRelative(got.gradients[name][c], derivative, 0, absolute, `d/d${name} ${c}`);
        });
      }
    });
  }

  Deno.test(`ratios of gamma functions agree with mpmath, on ${executor.label}`, () => {
    const inputs = { a: GAMMA.map(([a]) => a), d: GAMMA.map(([, d]) => d) };
    const { ratio, slope } = runGraph(executor, GAMMA.length, (g) => {
      const [a, d] = [column(g, "a"), column(g, "d")];
      return { ratio: g.logGammaRatio(a, d), slope: g.logGammaRatioSlope(a, d) };
    }, inputs);
    GAMMA.forEach(([a, d, wantRatio, wantSlope], i) => {
      // The terms of the sum: see tests/conformance/cases/gamma.ts.
      const size = (1 + a + d) * Math.log1p(d / a) + d * (1 + Math.abs(Math.log(a))) + 10;
      assertRelative(ratio[i], wantRatio, 0, 6 * executor.unitRoundoff * size, `f(${a}, ${d})`);
      const slopeSize = (d + 1) / a + (a < 8 ? 1 : 0);
      const allowed = 6 * executor.unitRoundoff * slopeSize;
      assertRelative(slope[i], wantSlope, 0, allowed, `df/da at ${a}, ${d}`);
    });
    assert.ok(GAMMA.length > 100);
  });
}

/** The largest term in the log-density of one cell: of x · l, e^l, ln Γ, or a squared distance. */
function scaleOf({ parameters, logProb, x }: Golden, c: number, cell: number): number {
  const largest = Math.max(...Object.values(parameters).map((values) => Math.abs(at(values, c))));
  const row = x.findIndex((values) => values[c] === cell);
  const dispersion = parameters["likelihood.logDispersion"];
  const r = dispersion ? Math.exp(at(dispersion, c)) : 0;
  return 1 + largest * (1 + Math.abs(cell)) + Math.abs(logProb[row][c]) +
    (r + Math.abs(cell)) * Math.log1p(r + Math.abs(cell));
}

/** The same for a derivative. */
function slopeScaleOf(golden: Golden, c: number, row: readonly number[]): number {
  const { parameters } = golden;
  const logVar = at(parameters["likelihood.logVar"] ?? parameters["decoder.logVar.bias"] ?? [0], c);
  const logScale = at(parameters["likelihood.logScale"] ?? [0], c);
  const precision = Math.exp(-logVar) + Math.exp(-logScale);
  const cells = row.length === golden.columns ? row : [row[c]];
  return cells.reduce((sum, x, i) => sum + scaleOf(golden, i, x), 0) * (1 + precision);
}

function at(values: readonly number[], c: number): number {
  return values[values.length === 1 ? 0 : c];
}
