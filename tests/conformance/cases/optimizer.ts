/**
 * Optimiser steps: the resulting parameter and state, and that a scale that is not finite changes nothing. Decay rates
 * and their complements are each rounded once: 1 - 0.999 computed in float32 would be off by 5e-5.
 */
import { fixed, type Shape } from "../../../src/core/shape.ts";
import {
  type Case,
  type CaseGenerator,
  EXACT,
  type Operand,
  type Tolerance,
  U,
  ulps,
} from "../case.ts";
import { SMALL, WIDE } from "../shapes.ts";
import { type Domain, MODERATE, of, operand } from "../values.ts";

const SIZES: readonly Shape[] = [
  ...SMALL.map((cols) => fixed(1, cols)),
  ...SMALL.map((rows) => fixed(rows, 7)),
  ...WIDE.map((cols) => fixed(2, cols)),
];

const SCALES = [1, 0.3, 0, NaN, Infinity];

/** Squared gradients have a scale above the smallest normal number. */
const GRADIENTS: Domain = { low: -3, high: 3, special: [0, 1e-8, -1e-8, 100] };
const SECOND_MOMENTS: Domain = { low: 0, high: 4, special: [0, 1e-14] };

const held = (kind: "parameter" | "state", given: Operand): Operand => ({ ...given, kind });

export const clipScale: CaseGenerator<"clipScale"> = () =>
  [0.5, 1, 100].flatMap((maxNorm) =>
    [0, 1e-30, 0.25, 1, 1.5, 4, 1e10, 3e38, Infinity, NaN].map((squared) => ({
      operands: [of(fixed(1, 1), [squared])],
      attrs: { maxNorm },
      tolerances: [ulps(3)],
    }))
  );

export const sgdStep: CaseGenerator<"sgdStep"> = () =>
  SIZES.flatMap((shape, seed) =>
    SCALES.flatMap((scale) => [0, 0.9].map((momentum) => sgdCase(shape, scale, momentum, seed)))
  );

function sgdCase(shape: Shape, scale: number, momentum: number, seed: number): Case<"sgdStep"> {
  const rate = 0.05;
  const velocityError: Tolerance = ({ paired: [, grad, velocity] }) =>
    4 * U * (Math.abs(momentum * velocity) + Math.abs(scale * grad));
  const paramError: Tolerance = (element) =>
    3 * U * (Math.abs(element.paired[0]) + Math.abs(element.want)) +
    2 * rate * velocityError(element);
  return {
    operands: [
      held("parameter", operand(shape, MODERATE, 3 * seed)),
      operand(shape, GRADIENTS, 3 * seed + 1),
      held("state", operand(shape, MODERATE, 3 * seed + 2)),
      of(fixed(1, 1), [scale]),
      of(fixed(1, 3), [rate, 1, 1]),
    ],
    attrs: { momentum },
    tolerances: Number.isFinite(scale) ? [paramError, velocityError] : [EXACT, EXACT],
  };
}

export const adamStep: CaseGenerator<"adamStep"> = () =>
  SIZES.flatMap((shape, seed) =>
    SCALES.flatMap((scale) =>
      [[1, 0], [10, 0.01], [100_000, 0]].map(([step, weightDecay]) =>
        adamCase(shape, scale, step, weightDecay, seed)
      )
    )
  );

function adamCase(
  shape: Shape,
  scale: number,
  step: number,
  weightDecay: number,
  seed: number,
): Case<"adamStep"> {
  const beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, rate = 1e-3;
  const correction1 = Math.fround(1 - beta1 ** step), correction2 = Math.fround(1 - beta2 ** step);
  const firstTerms = ([, grad, m]: readonly number[]) =>
    Math.abs(beta1 * m) + Math.abs((1 - beta1) * Math.fround(scale) * grad);
  const secondMoment = ([, grad, , v]: readonly number[]) =>
    beta2 * v + (1 - beta2) * (Math.fround(scale) * grad) ** 2;
  const firstError: Tolerance = ({ paired }) => 4 * U * firstTerms(paired);
  const secondError: Tolerance = ({ paired }) => 7 * U * secondMoment(paired) + 2 ** -126;
  // The error of the step is that of m, and a relative error of a few roundings for √v and the quotients.
  const paramError: Tolerance = ({ paired, want }) => {
    const deviation = Math.sqrt(secondMoment(paired) / correction2) + epsilon;
    const largest = rate * firstTerms(paired) / correction1 / deviation;
    return 3 * U * (Math.abs(paired[0]) + Math.abs(want)) + 16 * U * largest;
  };
  return {
    operands: [
      held("parameter", operand(shape, MODERATE, 4 * seed)),
      operand(shape, GRADIENTS, 4 * seed + 1),
      held("state", operand(shape, MODERATE, 4 * seed + 2)),
      held("state", operand(shape, SECOND_MOMENTS, 4 * seed + 3)),
      of(fixed(1, 1), [scale]),
      of(fixed(1, 3), [rate, correction1, correction2]),
    ],
    attrs: { beta1, beta2, epsilon, weightDecay },
    tolerances: Number.isFinite(scale)
      ? [paramError, firstError, secondError]
      : [EXACT, EXACT, EXACT],
  };
}
