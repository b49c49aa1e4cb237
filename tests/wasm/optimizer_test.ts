/** Optimiser steps of the debug build, against the formulas of src/ops/optimizer.ts in float64. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { assertRelative, F32_UNIT_ROUNDOFF } from "../util/close.ts";
import { numbers, Workbench } from "./debug_kernels.ts";

const COUNTS = [1, 2, 3, 4, 5, 8, 31, 130];
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };
const RATE = 0.003, STEP = 3;
const SCHEDULE = [RATE, 1 - ADAM.beta1 ** STEP, 1 - ADAM.beta2 ** STEP];

interface AdamState {
  readonly param: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

function start(count: number): AdamState {
  const v = numbers(count, 4).map(Math.abs);
  return { param: numbers(count, 1), m: numbers(count, 3), v };
}

/** One step of the kernel. */
function adam(state: AdamState, grad: Float32Array, scale: number): AdamState {
  const count = grad.length, bench = new Workbench();
  const [param, m, v] = [state.param, state.m, state.v].map((x) => bench.output(count, x));
  const { beta1, beta2, epsilon, weightDecay } = ADAM;
  const operands = [bench.input(grad), m, v, bench.input([scale]), bench.input(SCHEDULE)];
  const attributes = [beta1, beta2, epsilon, weightDecay, 1 - beta1, 1 - beta2];
  bench.call("adamStep", param, count, ...operands, ...attributes);
  const read = (pointer: number) => bench.read(pointer, count);
  return { param: read(param), m: read(m), v: read(v) };
}

Deno.test("adamStep() is AdamW with bias correction", () => {
  for (const count of COUNTS) {
    const before = start(count), grad = numbers(count, 2), scale = 0.75;
    const after = adam(before, grad, scale);
    const { beta1, beta2, epsilon, weightDecay } = ADAM;
    const [rate, correct1, correct2] = SCHEDULE;
    const g = Float64Array.from(grad, (x) => scale * x);
    const m = g.map((x, i) => beta1 * before.m[i] + (1 - beta1) * x);
    const v = g.map((x, i) => beta2 * before.v[i] + (1 - beta2) * x * x);
    const step = m.map((x, i) => x / correct1 / (Math.sqrt(v[i] / correct2) + epsilon));
    const param = step.map((x, i) => before.param[i] * (1 - rate * weightDecay) - rate * x);
    // m may cancel, so its error is that of its terms, at most 1; v and the quotient do not cancel.
    assertRelative(after.m, m, 0, 4 * F32_UNIT_ROUNDOFF, "m");
    assertRelative(after.v, v, 5 * F32_UNIT_ROUNDOFF, 0, "v");
    const stepError = step.map((x, i) => {
      const ofM = 4 * F32_UNIT_ROUNDOFF / correct1 / Math.sqrt(v[i] / correct2);
      return rate * (ofM + 10 * F32_UNIT_ROUNDOFF * Math.abs(x));
    });
    for (let i = 0; i < count; i++) {
      assertRelative(after.param[i], param[i], 4 * F32_UNIT_ROUNDOFF, stepError[i], `param ${i}`);
    }
  }
});

Deno.test("adamStep() keeps the digits of 1 - beta2", () => {
  const after = adam(
    { param: new Float32Array(1), m: new Float32Array(1), v: new Float32Array(1) },
    Float32Array.of(1),
    1,
  );
  // 1 - 0.999 computed in float32 would be off by 1.3e-5.
  assertRelative(after.v, 1 - ADAM.beta2, 2 * F32_UNIT_ROUNDOFF);
});

Deno.test("sgdStep() is momentum", () => {
  for (const count of COUNTS) {
    const param = numbers(count, 1), grad = numbers(count, 2), velocity = numbers(count, 3);
    const bench = new Workbench(), momentum = 0.9, scale = 0.5;
    const [p, v] = [bench.output(count, param), bench.output(count, velocity)];
    const [g, s, schedule] = [grad, [scale], SCHEDULE].map((x) => bench.input(x));
    bench.call("sgdStep", p, count, g, v, s, schedule, momentum);
    const step = Float64Array.from(velocity, (x, i) => momentum * x + scale * grad[i]);
    // Terms are at most 1; three roundings of each.
    assertRelative(bench.read(v, count), step, 0, 6 * F32_UNIT_ROUNDOFF, "velocity");
    const expected = step.map((x, i) => param[i] - RATE * x);
    assertRelative(bench.read(p, count), expected, 0, 3 * F32_UNIT_ROUNDOFF, "param");
  }
});

Deno.test("no moment becomes subnormal, however long gradients are zero", () => {
  const count = 5, none = new Float32Array(count), smallest = 2 ** -126;
  const least: Float32Array = numbers(count, 1).map((x) => 20 * smallest * x);
  let m = least, v: Float32Array = least.map(Math.abs), velocity = least;
  for (let step = 0; step < 50; step++) {
    ({ m, v } = adam({ param: none, m, v }, none, 1));
    const bench = new Workbench(), kept = bench.output(count, velocity);
    const [g, s, schedule] = [none, [1], SCHEDULE].map((x) => bench.input(x));
    bench.call("sgdStep", bench.output(count, none), count, g, kept, s, schedule, 0.9);
    velocity = bench.read(kept, count);
    for (const x of [...m, ...v, ...velocity]) {
      const size = Math.abs(x);
      ok(size === 0 || (size >= smallest && size <= 20 * smallest), `${x} in step ${step}`);
    }
  }
});

Deno.test("a step whose scale is not finite changes nothing", () => {
  for (const scale of [NaN, Infinity, -Infinity]) {
    const before = start(5);
    deepEqual(adam(before, numbers(5, 2), scale), before);
    const bench = new Workbench();
    const [p, v] = [bench.output(5, before.param), bench.output(5, before.m)];
    const [g, s, schedule] = [numbers(5, 2), [scale], SCHEDULE].map((x) => bench.input(x));
    bench.call("sgdStep", p, 5, g, v, s, schedule, 0.9);
    deepEqual([bench.read(p, 5), bench.read(v, 5)], [before.param, before.m]);
  }
});

Deno.test("clipScale() is min(1, maxNorm / norm), and NaN if the norm is not finite", () => {
  for (
    const [squared, expected] of [
      [0, 1],
      [4, 1],
      [25, 1],
      [100, 0.5],
      [NaN, NaN],
      [Infinity, NaN],
    ]
  ) {
    const bench = new Workbench();
    const out = bench.output(1);
    bench.call("clipScale", out, bench.input([squared]), 5);
    equal(bench.read(out, 1)[0], expected);
  }
});
