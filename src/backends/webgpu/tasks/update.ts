/**
 * Optimiser steps, in place; formulas in `ops/optimizer.ts`. If the scale is not finite, nothing changes.
 *
 *   bindings  parameter and its state in parameters or state; gradient, scale and schedule in scratch
 *   dispatch  UPDATE_SPAN elements per workgroup
 *
 * 1 - β is a separate word, computed in float64: in float32, 1 - 0.999 would lose three digits.
 */
import type { Step } from "../values.ts";
import { element, type Task, Words } from "./task.ts";

/** Elements that one workgroup updates. */
const UPDATE_SPAN = 1024;

export function updateTask(step: Step): Task {
  const words = new Words();
  const { inputs: [param] } = step;
  const start = step.inputs.map(({ value }) => words.u32(value.offset));
  const at = (i: number, index: string) =>
    element(step.inputs[i].value, index === "0" ? start[i] : `${start[i]} + ${index}`);
  const body = step.op === "adamStep" ? adam(step, words, at) : sgd(step, words, at);
  const source = `let size = ${words.u32(param.value.size)};
${body}`;
  const groups = Math.ceil(param.value.size / UPDATE_SPAN);
  return { source, words: words.list, groups };
}

type At = (operand: number, index: string) => string;

const LOOP =
  `for (var i = group * ${UPDATE_SPAN}u + local; i < min(size, (group + 1u) * ${UPDATE_SPAN}u); i += WORKGROUP) {`;

function adam({ attrs }: Step, words: Words, at: At): string {
  const { beta1, beta2, epsilon, weightDecay } = attrs as Record<string, number>;
  return `let factor = ${at(4, "0")};
if (!isFinite(factor)) { return; }
let rate = ${at(5, "0")};
let correction1 = ${at(5, "1u")};
let correction2 = ${at(5, "2u")};
let kept = 1.0 - rate * ${words.f32(weightDecay)};
${LOOP}
let g = factor * ${at(1, "i")};
let first = fma(${words.f32(beta1)}, ${at(2, "i")}, ${words.f32(1 - beta1)} * g);
let second = fma(${words.f32(beta2)}, ${at(3, "i")}, ${words.f32(1 - beta2)} * g * g);
${at(2, "i")} = first;
${at(3, "i")} = second;
let step = first / correction1 / (sqrt(second / correction2) + ${words.f32(epsilon)});
${at(0, "i")} = fma(-rate, step, ${at(0, "i")} * kept);
}
`;
}

function sgd({ attrs }: Step, words: Words, at: At): string {
  return `let factor = ${at(3, "0")};
if (!isFinite(factor)) { return; }
let rate = ${at(4, "0")};
${LOOP}
let step = fma(${words.f32(attrs.momentum as number)}, ${at(2, "i")}, factor * ${at(1, "i")});
${at(2, "i")} = step;
${at(0, "i")} = fma(-rate, step, ${at(0, "i")});
}
`;
}
