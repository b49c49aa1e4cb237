/**
 * Quantities that change from step to step, as functions of the step alone. They use no host function whose result may
 * differ between machines.
 */
import type { Program } from "../../backends/backend.ts";
import { cosineRamp } from "../../core/stable.ts";
import type { Plan } from "../../graph/plan.ts";
import type { Objective } from "../../objectives/objective.ts";
import type { Optimizer } from "../optimizer.ts";

/** The value of a program input at a step, counted from 0. */
export type Schedule = (objective: Objective, step: number, stepsPerEpoch: number) => number;

/** By the name of the program's input. */
const SCALARS: Readonly<Record<string, Schedule>> = {
  klWeight: klWeightAt,
  capacity: capacityAt,
  epoch: epochAt,
};

/** Limit of the input `epoch`; no run has more. */
const MAX_EPOCHS = 1e7;

/** The scheduled inputs of a plan. */
export type Scalars = readonly (readonly [name: string, at: Schedule])[];

export function scalarsOf({ inputs }: Plan): Scalars {
  return Object.entries(SCALARS).filter(([name]) => inputs.has(name));
}

/** Writes the scheduled inputs of a step. */
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

/** Writes the values at the end of every schedule. */
export function writeFinalScalars(program: Program, objective: Objective): void {
  writeScalars(program, objective, Infinity, 1);
}

/** beta, rising linearly over the warm-up of each cycle; 1 if the objective has no beta. */
function klWeightAt(objective: Objective, step: number, stepsPerEpoch: number): number {
  if (!("beta" in objective)) return 1;
  const { beta, warmUpEpochs, cycleEpochs } = objective;
  if (warmUpEpochs === 0 || step === Infinity) return beta;
  const cycle = Math.round(cycleEpochs * stepsPerEpoch);
  const since = cycle === 0 ? step : step % cycle;
  return beta * Math.min(1, (since + 1) / (warmUpEpochs * stepsPerEpoch));
}

/** The target of the KL, rising linearly to its final value; 0 if there is none. */
function capacityAt(objective: Objective, step: number, stepsPerEpoch: number): number {
  const capacity = "capacity" in objective ? objective.capacity : null;
  if (!capacity) return 0;
  const steps = capacity.epochs * stepsPerEpoch;
  return capacity.nats * (steps === 0 ? 1 : Math.min(1, step / steps));
}

/** Epochs passed, including the fraction of the current one; a model's own schedules depend on it. */
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

/** βᵗ for the two moments of Adam. */
export type MomentPowers = readonly [beta1Power: number, beta2Power: number];

/** The powers after one more step. */
export function nextPowers(
  optimizer: Optimizer,
  [beta1Power, beta2Power]: MomentPowers,
): MomentPowers {
  if (optimizer.type === "sgd") return [0, 0];
  return [beta1Power * optimizer.beta1, beta2Power * optimizer.beta2];
}

/** The input `schedule` of optimiser steps: the learning rate, and 1 - βᵗ for both moments. */
export function scheduleOf(
  learningRate: number,
  [beta1Power, beta2Power]: MomentPowers,
): [number, number, number] {
  return [learningRate, 1 - beta1Power, 1 - beta2Power];
}
