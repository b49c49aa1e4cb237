/** Plans: order, liveness, places. Sizes are chosen so that every value takes 64 or 128 elements. */
import assert from "node:assert/strict";
import { batched, fixed, SCALAR } from "../../src/core/shape.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { type Plan, plan, type PlanRequest } from "../../src/graph/plan.ts";
import type { Node } from "../../src/ops/spec.ts";

const NOTHING = layOut("parameters", []);

function planOf(
  g: Graph,
  outputs: Readonly<Record<string, Node>>,
  rest: Partial<PlanRequest> = {},
): Plan {
  return plan(g, { outputs, capacity: 8, parameters: NOTHING, ...rest });
}

/** An operation that may not overwrite its operand. */
const step = (g: Graph, x: Node) => g.softmaxCols(x);
const repeat = (times: number, x: Node, f: (x: Node) => Node): Node =>
  times === 0 ? x : repeat(times - 1, f(x), f);
const double = (g: Graph, x: Node) => g.affine(x, { scale: 2, offset: 0 });

Deno.test("a chain of any length needs memory for its input and two values", () => {
  for (const length of [2, 3, 50]) {
    const g = createGraph();
    const { scratchLength } = planOf(g, {
      y: repeat(length, g.input("x", batched(8)), (x) => step(g, x)),
    });
    assert.equal(scratchLength, 3 * 64);
  }
});

Deno.test("a chain of elementwise operations needs memory for its input and one value", () => {
  const g = createGraph();
  const { scratchLength, instructions } = planOf(g, {
    y: repeat(20, g.input("x", batched(8)), (x) => double(g, x)),
  });
  assert.equal(scratchLength, 2 * 64);
  assert.equal(new Set(instructions.map(({ output }) => output.offset)).size, 1);
});

Deno.test("an operand is overwritten only if nothing reads it later", () => {
  const g = createGraph();
  const x = g.input("x", batched(8)), y = double(g, x), z = double(g, y);
  const offsets = (outputs: Readonly<Record<string, Node>>) =>
    planOf(g, outputs).instructions.map(({ output }) => output.offset);
  assert.deepEqual(offsets({ z }), [64, 64]);
  assert.deepEqual(offsets({ y, z }), [64, 128]);
  // The sum reads y again, and may then overwrite it.
  assert.deepEqual(offsets({ sum: g.add(y, z) }), [64, 128, 64]);
});

Deno.test("an operand that is stretched is never overwritten", () => {
  const g = createGraph();
  const x = g.input("x", batched(64)), row = g.input("row", fixed(1, 64));
  const { instructions } = planOf(g, { y: g.add(x, double(g, row)) }, { capacity: 2 });
  const [doubled, added] = instructions.map(({ output }) => output);
  assert.notEqual(added.offset, doubled.offset);
  assert.equal(added.offset, 256);
});

Deno.test("a value that is both operands is freed once", () => {
  const g = createGraph();
  const x = double(g, g.input("x", batched(8)));
  const { scratchLength } = planOf(g, {
    y: step(g, g.matmul(x, x, { transposeA: true, transposeB: false })),
  });
  assert.equal(scratchLength, 3 * 64);
});

Deno.test("views run nothing, need no memory, and keep the value that they view", () => {
  const g = createGraph();
  const x = g.input("x", batched(8));
  const y = step(g, x);
  const view = g.stopGradient(g.reshape(y, { ...batched(2, 4) }));
  const other = repeat(3, x, (x) => step(g, step(g, x)));
  const last = g.sumCols(g.repeatRows(view, { times: 2 }));
  const { instructions, outputs } = planOf(g, { view, other, last });
  assert.equal(instructions.some(({ op }) => op === "reshape" || op === "stopGradient"), false);
  const [first] = instructions;
  assert.equal(outputs.get("view")?.offset, first.output.offset);
  assert.deepEqual(outputs.get("view")?.shape, batched(2, 4));
  const writes = instructions.filter(({ output }) => output.offset === first.output.offset);
  assert.equal(writes.length, 1);
});

Deno.test("outputs, inputs and constants keep their memory to the end", () => {
  const g = createGraph();
  const x = g.input("x", batched(8)), early = double(g, x);
  const late = repeat(10, g.mul(early, g.constant(3)), (x) => step(g, double(g, x)));
  const { inputs, constants, instructions } = planOf(g, { early, late, x });
  const [kept, ...others] = instructions;
  const lasting = [inputs.get("x")!, constants[0].place, kept.output].map(({ offset }) => offset);
  for (const { output } of others) assert.ok(!lasting.includes(output.offset));
});

Deno.test("guards follow every value in scratch memory", () => {
  const g = createGraph();
  const x = g.input("x", batched(8)), y = step(g, x);
  const { instructions, inputs } = planOf(g, { y, z: step(g, y) }, { guard: 1 });
  const offsets = [inputs.get("x")!, ...instructions.map(({ output }) => output)];
  assert.deepEqual(offsets.map(({ offset }) => offset), [0, 128, 256]);
});

Deno.test("only what the request needs is planned", () => {
  const g = createGraph();
  const x = g.input("x", SCALAR), unused = g.input("unused", SCALAR);
  g.add(x, unused);
  g.constant(5);
  const { inputs, constants, instructions } = planOf(g, { y: double(g, x) });
  assert.deepEqual([...inputs.keys()], ["x"]);
  assert.deepEqual(constants, []);
  assert.equal(instructions.length, 1);
});

/** Two optimiser steps and a value that reads a parameter. */
function training() {
  const g = createGraph();
  const tensors = ["a", "b"].map((name) => ({ name, rows: 1, cols: 2 }));
  const layouts = { parameters: layOut("parameters", tensors), state: layOut("state", tensors) };
  const [scale, schedule] = [g.input("scale", SCALAR), g.input("schedule", fixed(1, 3))];
  const effects = tensors.map(({ name }) => {
    const parameter = g.parameter(name, 1, 2), gradient = g.exp(parameter);
    const velocity = g.state(name, 1, 2);
    return g.sgdStep(parameter, gradient, velocity, scale, schedule, { momentum: 0.5 });
  });
  return { g, layouts, effects, reader: double(g, g.parameter("b", 1, 2)) };
}

Deno.test("effects run last, in order, on the memory of their parameter", () => {
  const { g, layouts, effects, reader } = training();
  const order = effects.toReversed();
  const { instructions } = planOf(g, { reader }, { ...layouts, effects: order });
  assert.deepEqual(instructions.slice(-2).map(({ op }) => op), ["sgdStep", "sgdStep"]);
  assert.deepEqual(
    instructions.slice(-2).map(({ output }) => output),
    ["b", "a"].map((name) => layouts.parameters.places.get(name)),
  );
});

Deno.test("an invalid plan is refused", () => {
  const { g, layouts, effects, reader } = training();
  const [effect] = effects;
  assert.throws(() => planOf(g, { reader }), /parameter "b" has no place in the layout/);
  const stateless = { parameters: layouts.parameters, effects };
  assert.throws(() => planOf(g, {}, stateless), /state "a" has no place in the layout/);
  assert.throws(() => planOf(g, { effect }, layouts), /sgdStep: it must be one of the effects/);
  const after = double(g, effect);
  assert.throws(() => planOf(g, { after }, { ...layouts, effects }), /read before sgdStep has run/);
  for (const capacity of [0, 1.5, NaN]) {
    assert.throws(() => planOf(g, {}, { capacity }), /capacity must be a whole number above 0/);
  }
});
