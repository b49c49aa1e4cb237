/**
 * Ten optimiser steps with given noise against PyTorch in float64: Adam, AdamW, SGD with momentum, with and without
 * clipping. Oracle: scripts/golden/make_vae_golden.py.
 *
 * Tolerance. Let e = roundings · u · G bound the error of a gradient (vae_golden.ts), G the largest gradient of its
 * tensor over the steps.
 *   SGD   the velocity accumulates at most e / (1 - momentum), so steps · η · e / (1 - momentum)
 *   Adam  |δm̂| ≤ e and |δ√v̂| ≤ e (a norm is 1-Lipschitz), |m̂|/√v̂ ≤ 0.1/√0.001 = 3.2, so the error of each step
 *         is η · 4.2 e / √v̂. Where that is not small, float32 does not determine the step: such coordinates
 *         are left out, and counted.
 * Twice that, because moved parameters change the next gradient; and three roundings of the parameter itself per step.
 */
import assert from "node:assert/strict";
import type { Backend } from "../../src/backends/backend.ts";
import { givenNoise } from "../../src/layers/noise.ts";
import { layOut } from "../../src/graph/layout.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import type { Optimizer } from "../../src/training/optimizer.ts";
import { stateLayout, trainPlan } from "../../src/training/program/train_program.ts";
import { writeFinalScalars } from "../../src/training/program/schedule.ts";
import { assertRelative } from "../util/close.ts";
import { type Golden, largest, roundingsOf } from "./vae_golden.ts";

/** A coordinate whose step has a larger relative error is left out. */
const MEANINGLESS = 0.1;

/** The largest share of coordinates that may be left out. */
const LEFT_OUT = 0.01;

function schedule(optimizer: Optimizer, step: number): number[] {
  const { learningRate } = optimizer;
  if (optimizer.type === "sgd") return [learningRate, 1, 1];
  return [learningRate, 1 - optimizer.beta1 ** step, 1 - optimizer.beta2 ** step];
}

/** The error of a coordinate's step relative to η; Infinity if it is left out. */
function stepError(optimizer: Optimizer, error: number, denominator: number): number {
  if (optimizer.type === "sgd") return error / (1 - optimizer.momentum);
  // Behind a dead ReLU, gradients are exactly zero, in float32 as well.
  if (denominator === 0) return 0;
  const relative = 4.2 * error / denominator;
  return relative > MEANINGLESS ? Infinity : relative;
}

/** Takes the steps of a golden case on a backend, and compares losses and parameters. */
export async function checkSteps(
  golden: Golden,
  backend: Backend,
  unitRoundoff: number,
): Promise<void> {
  const { optimizer, objective, tensor } = golden;
  const { program, parameters, layout } = compileSteps(golden, backend);
  const noise = tensor("steps.noise").data;
  const losses = tensor("steps.loss").data;
  const perStep = noise.length / losses.length;
  program.write("x", tensor("x").data);
  writeFinalScalars(program, objective);
  const roundings = roundingsOf(golden);
  for (let step = 1; step <= losses.length; step++) {
    program.write("noise", noise.subarray((step - 1) * perStep, step * perStep));
    program.write("schedule", schedule(optimizer, step));
    await program.run(tensor("x").shape[0]);
    const loss = new Float64Array(1);
    await program.read("loss", loss);
    const relative = step * roundings * unitRoundoff;
    assertRelative(loss, [losses[step - 1]], relative, 0, `loss of step ${step}`);
  }
  const read = new Map<string, Float64Array>();
  await Promise.all([...golden.group("stepped")].map(async ([key, { data }]) => {
    const values = new Float64Array(data.length).fill(NaN);
    read.set(key, values);
    await parameters.read(layout.places.get(key)!.offset, values);
  }));
  const { count, of } = compareParameters(golden, unitRoundoff, roundings, read);
  console.log(`${count} of ${of} coordinates left out`);
  assert.ok(count / of <= LEFT_OUT, `${count} of ${of} coordinates were left out`);
  program.dispose();
}

function compileSteps(
  { spec, optimizer, objective, group, tensor }: Golden,
  backend: Backend,
) {
  const specs = parametersOf(spec);
  const layout = layOut("parameters", specs);
  const states = stateLayout(optimizer, specs);
  const parameters = backend.allocate(layout.length);
  for (const [key, { data }] of group("parameter")) {
    parameters.write(layout.places.get(key)!.offset, data);
  }
  const plan = trainPlan({
    spec,
    objective,
    optimizer,
    capacity: tensor("x").shape[0],
    parameters: layout,
    state: states,
    noise: givenNoise,
  });
  const program = backend.compile(plan, { parameters, state: backend.allocate(states.length) });
  return { program, parameters, layout };
}

/** Compares every coordinate whose steps float32 determines. @returns the number of the others */
function compareParameters(
  { optimizer, group, tensor }: Golden,
  unitRoundoff: number,
  roundings: number,
  read: ReadonlyMap<string, Float64Array>,
): { readonly count: number; readonly of: number } {
  const steps = tensor("steps.loss").data.length;
  const [denominators, sizes] = [group("denominator"), group("largest")];
  let [of, count] = [0, 0];
  for (const [key, { data }] of group("stepped")) {
    const got = read.get(key)!;
    const error = roundings * unitRoundoff * largest(sizes.get(key)!.data);
    data.forEach((want, i) => {
      of++;
      const perStep = stepError(optimizer, error, denominators.get(key)!.data[i]);
      if (perStep === Infinity) return count++;
      const rounding = 3 * steps * unitRoundoff * Math.abs(want);
      const tolerance = 2 * steps * optimizer.learningRate * perStep + rounding;
      assertRelative(got[i], want, 0, tolerance, `${key}[${i}]`);
    });
  }
  return { count, of };
}
