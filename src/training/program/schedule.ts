/**
 * What changes from step to step, as functions of the step alone. They use no function of the host whose result may
 * differ between machines.
 */
import type { Program } from "../../backends/backend.ts";
import { cosineRamp } from "../../core/stable.ts";
import type { Plan } from "../../graph/plan.ts";
import type { Objective } from "../../objectives/objective.ts";
import type { Optimizer } from "../optimizer.ts";

/** A number that a training program reads, at a step; step counts from 0. */
export type Schedule = (objective: Objective, step: number, stepsPerEpoch: number) => number;

/** By the name of the program's input. */
const SCALARS: Readonly<Record<string, Schedule>> = {
  klWeight: klWeightAt,
  capacity: capacityAt,
  epoch: epochAt,
};

/** Bounds the input `epoch`: no run has as many. */
const MAX_EPOCHS = 1e7;

/** What changes with the step, as far as a plan reads it. */
export type Scalars = readonly (readonly [name: string, at: Schedule])[];

export function scalarsOf({ inputs }: Plan): Scalars {
  return Object.entries(SCALARS).filter(([name]) => inputs.has(name));
}

/** Writes what changes with the step. */
export function writeScalars(
  program: Program,
  objective: Objective,
  step: number,
  stepsPerEpoch: number,
): void {
  for (const [name, at] of scalarsOf(program.plan)) {
    program.write(name, [at(objective, step, stepsPerEpoch)]);
  }
}

/** Writes the values that hold at the end of every schedule. */
export function writeFinalScalars(program: Program, objective: Objective): void {
  writeScalars(program, objective, Infinity, 1);
}

/** beta, reached along a line over the warm-up, in every cycle anew; 1 where nothing weights a KL. */
function klWeightAt(objective: Objective, step: number, stepsPerEpoch: number): number {
  if (!("beta" in objective)) return 1;
  const { beta, warmUpEpochs, cycleEpochs } = objective;
  if (warmUpEpochs === 0 || step === Infinity) return beta;
  const cycle = Math.round(cycleEpochs * stepsPerEpoch);
  const since = cycle === 0 ? step : step % cycle;
  return beta * Math.min(1, (since + 1) / (warmUpEpochs * stepsPerEpoch));
}

/** The KL's target, along a line to where it ends; 0 where it has none. */
function capacityAt(objective: Objective, step: number, stepsPerEpoch: number): number {
  const capacity = "capacity" in objective ? objective.capacity : null;
  if (!capacity) return 0;
  const steps = capacity.epochs * stepsPerEpoch;
  return capacity.nats * (steps === 0 ? 1 : Math.min(1, step / steps));
}

/** Epochs that have passed, with their fraction: what a model's own schedules rest on. */
function epochAt(_objective: Objective, step: number, stepsPerEpoch: number): number {
  return Math.min(step / stepsPerEpoch, MAX_EPOCHS);
}

/** The learning rate of a step, in a run of `epochs` epochs of `stepsPerEpoch` steps. */
export function learningRateAt(
  { learningRate, decay }: Optimizer,
  step: number,
  stepsPerEpoch: number,
  epochs: number,
): number {
  if (decay === "constant") return learningRate;
  if (decay === "cosine") {
    return learningRate * cosineRamp(Math.min(1, step / (epochs * stepsPerEpoch)));
  }
  const passed = decay.epochs.filter((epoch) => step >= epoch * stepsPerEpoch);
  return passed.reduce((rate) => rate * decay.factor, learningRate);
}

/** βᵗ of Adam's two moments. */
export type MomentPowers = readonly [beta1Power: number, beta2Power: number];

/** The same after one more step. */
export function nextPowers(
  optimizer: Optimizer,
  [beta1Power, beta2Power]: MomentPowers,
): MomentPowers {
  if (optimizer.type === "sgd") return [0, 0];
  return [beta1Power * optimizer.beta1, beta2Power * optimizer.beta2];
}

/** The input `schedule` of optimiser steps: the rate, and 1 - βᵗ of both moments. */
export function scheduleOf(
  learningRate: number,
  [beta1Power, beta2Power]: MomentPowers,
): [number, number, number] {
  return [learningRate, 1 - beta1Power, 1 - beta2Power];
}
