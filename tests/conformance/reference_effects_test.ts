/** Noise and optimiser steps of the reference backend, against closed forms and loops written here. */
import assert from "node:assert/strict";
import { openReference } from "../util/reference.ts";
import { philox } from "../../src/core/random/philox.ts";
import { batched, fixed } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { plan } from "../../src/graph/plan.ts";
import { assertRelative } from "../util/close.ts";
import { evaluate, type Given } from "./evaluate.ts";

const key = (...values: readonly number[]): Given => ({
  shape: fixed(1, 4),
  values,
  integer: true,
});

const noise = (values: readonly number[], rows: number, cols: number, perRow = 1, stream = 0) =>
  evaluate(
    [key(...values)],
    (g, key) => g.randomNormal(key, { ...batched(cols, perRow), stream }),
    rows,
  );

Deno.test("pairs of randomNormal() have the radius and the angle of their integers", () => {
  const block = new Uint32Array(4);
  philox(1, 2 * 5 + 1, 3, 9, 11, 12, block);
  // Batch row 5 - 4 = 1, the second of its two rows, columns 4 to 7.
  const drawn = noise([11, 12, 3, 4], 2, 8, 2, 9).slice(3 * 8 + 4);
  for (const pair of [0, 2]) {
    const [x, y] = drawn.slice(pair, pair + 2);
    const u1 = (Math.floor(block[pair] / 512) + 0.5) / 2 ** 23;
    const turn = Math.floor(block[pair + 1] / 512) / 2 ** 23;
    assertRelative((x * x + y * y) / -2, Math.log(u1), 1e-14);
    const angle = Math.atan2(y, x) / (2 * Math.PI);
    assertRelative(angle < 0 ? angle + 1 : angle, turn, 0, 1e-15);
  }
});

Deno.test("a row of randomNormal() does not depend on its batch, but on every part of its key", () => {
  const whole = noise([1, 2, 3, 0], 6, 5);
  assert.deepEqual(noise([1, 2, 3, 2], 3, 5), whole.slice(10, 25));
  const others = [noise([2, 2, 3, 0], 6, 5), noise([1, 3, 3, 0], 6, 5), noise([1, 2, 4, 0], 6, 5)];
  const drawn = [whole, ...others, noise([1, 2, 3, 0], 6, 5, 1, 1)].flat();
  assert.equal(new Set(drawn).size, 5 * 30);
});

Deno.test("randomNormal() has the moments of a standard normal, and its tails", () => {
  const count = 40_000;
  const drawn = noise([2024, 0, 0, 0], count / 8, 8);
  const moment = (power: number) => drawn.reduce((sum, x) => sum + x ** power, 0) / count;
  // Five standard errors of each mean: Var(xᵏ) is 1, 2, 15 and 96 for k = 1 … 4.
  for (const [power, expected, variance] of [[1, 0, 1], [2, 1, 2], [3, 0, 15], [4, 3, 96]]) {
    assertRelative(moment(power), expected, 0, 5 * Math.sqrt(variance / count));
  }
  const beyond = drawn.filter((x) => Math.abs(x) > 1.959964).length / count;
  assertRelative(beyond, 0.05, 0, 5 * Math.sqrt(0.05 * 0.95 / count));
  assert.ok(drawn.every((x) => Math.abs(x) < Math.sqrt(48 * Math.LN2)));
});

/** Runs an optimiser on one parameter of three elements; `run` takes one step. */
function optimizer(kind: "adam" | "sgd", weightDecay: number) {
  const g = createGraph(), backend = openReference();
  const tensor = (name: string) => ({ name, rows: 1, cols: 3 });
  const parameters = layOut("parameters", [tensor("p")]);
  const state = layOut("state", [tensor("m"), tensor("v")]);
  const p = g.parameter("p", 1, 3), m = g.state("m", 1, 3), v = g.state("v", 1, 3);
  const grad = g.input("grad", fixed(1, 3)), scale = g.input("scale", fixed(1, 1));
  const schedule = g.input("schedule", fixed(1, 3));
  const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay };
  const step = kind === "adam"
    ? g.adamStep(p, grad, m, v, scale, schedule, adam)
    : g.sgdStep(p, grad, m, scale, schedule, { momentum: 0.9 });
  const segments = {
    parameters: backend.allocate(parameters.length),
    state: backend.allocate(state.length),
  };
  const request = { outputs: {}, effects: [step], capacity: 1, parameters, state };
  const program = backend.compile(plan(g, request), segments);
  segments.parameters.write(0, [1, -2, 0.5]);
  return {
    run(gradient: readonly number[], factor: number, settings: readonly number[]): number[] {
      program.write("grad", gradient);
      program.write("scale", [factor]);
      program.write("schedule", settings);
      program.run(1);
      const now = new Float64Array(3);
      segments.parameters.read(0, now);
      return [...now];
    },
  };
}

Deno.test("adamStep() with a constant gradient moves by η·sign(g) each step", () => {
  const adam = optimizer("adam", 0), rate = 0.01, gradient = [2, -0.5, 30];
  let last: number[] = [];
  for (let t = 1; t <= 20; t++) last = adam.run(gradient, 1, [rate, 1 - 0.9 ** t, 1 - 0.999 ** t]);
  // m̂ = g and v̂ = g² at every t, so each step is η·g/(|g| + ε). The recurrence of v loses up to 20 roundings, and 1 -
  // 0.999ᵗ up to ten bits.
  const walked = gradient.map((g, i) => [1, -2, 0.5][i] - 20 * rate * g / (Math.abs(g) + 1e-8));
  assertRelative(last, walked, 1e-11);
});

Deno.test("adamStep() equals the loop of Kingma and Ba, with decoupled decay and a scale", () => {
  const adam = optimizer("adam", 0.1), rate = 0.02, scale = 0.5;
  const p = [1, -2, 0.5], m = [0, 0, 0], v = [0, 0, 0];
  for (let t = 1; t <= 10; t++) {
    const gradient = p.map((x, i) => Math.sin(3 * t + i) + x);
    const got = adam.run(gradient, scale, [rate, 1 - 0.9 ** t, 1 - 0.999 ** t]);
    for (let i = 0; i < 3; i++) {
      const g = scale * gradient[i];
      m[i] += 0.1 * (g - m[i]);
      v[i] += 0.001 * (g * g - v[i]);
      const mHat = m[i] / (1 - Math.pow(0.9, t)), vHat = v[i] / (1 - Math.pow(0.999, t));
      p[i] -= rate * (mHat / (Math.sqrt(vHat) + 1e-8) + 0.1 * p[i]);
    }
    assertRelative(got, p, 1e-11);
  }
});

Deno.test("sgdStep() with a constant gradient has the velocity of a geometric series", () => {
  const sgd = optimizer("sgd", 0);
  let last: number[] = [];
  for (let t = 1; t <= 12; t++) last = sgd.run([1, -1, 4], 0.25, [0.1, 1, 1]);
  // Σ over t of (1 - 0.9ᵗ)/(1 - 0.9)
  const path = (12 - 0.9 * (1 - 0.9 ** 12) / 0.1) / 0.1;
  assertRelative(last, [1, -1, 4].map((g, i) => [1, -2, 0.5][i] - 0.1 * path * 0.25 * g), 1e-13);
});

Deno.test("a scale that is not finite changes nothing", () => {
  for (const kind of ["adam", "sgd"] as const) {
    const stepper = optimizer(kind, 0.1);
    for (const scale of [NaN, Infinity]) {
      assert.deepEqual(stepper.run([1, NaN, 3], scale, [0.1, 0.5, 0.5]), [1, -2, 0.5]);
    }
  }
});

Deno.test("clipScale() limits the norm, and gives NaN for a norm that is not finite", () => {
  const scale = (squared: number, maxNorm: number) =>
    evaluate([{ shape: fixed(1, 1), values: [squared] }], (g, x) => g.clipScale(x, { maxNorm }))[0];
  assert.equal(scale(25, 1), 0.2);
  assert.equal(scale(25, 5), 1);
  assert.equal(scale(0, 5), 1);
  for (const squared of [NaN, Infinity]) assert.ok(Number.isNaN(scale(squared, 5)));
});
