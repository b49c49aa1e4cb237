/** What `gradient` and the builder promise, besides correct numbers. */
import assert from "node:assert/strict";
import { batched, fixed, SCALAR } from "../../src/core/shape.ts";
import { gradient, partialGradient } from "../../src/graph/gradient.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import type { Node } from "../../src/ops/spec.ts";
import { assertGradients, evaluator } from "./finite_difference.ts";

const total = (g: Graph, x: Node) => g.sumRows(g.sumCols(x), { mean: false });

Deno.test("stopGradient() blocks one path and leaves the other", () => {
  const g = createGraph();
  const x = g.input("x", fixed(1, 3));
  const [dx] = gradient(g, total(g, g.mul(x, g.stopGradient(x))), [x]);
  // d/dx Σ x·c at c = x, not 2x.
  assert.deepEqual([...evaluator(g, { dx }, 1)({ x: [1, 2, 3] }).dx], [1, 2, 3]);
});

Deno.test("gradient() refuses nodes that stopGradient() cut off", () => {
  const g = createGraph();
  const x = g.input("x", fixed(1, 3));
  const loss = total(g, g.stopGradient(x));
  assert.throws(() => gradient(g, loss, [x]), /RangeError: .*does not depend on "x"/);
});

Deno.test("smallestCols() passes no derivative; other paths keep theirs", () => {
  const g = createGraph();
  const x = g.input("x", fixed(1, 3)), places = g.smallestCols(x, { count: 3 });
  const [dx] = gradient(g, total(g, g.mul(x, places)), [x]);
  assert.deepEqual([...evaluator(g, { dx }, 1)({ x: [0.4, 0.2, 0.3] }).dx], [1, 2, 0]);
  assert.throws(() => gradient(g, total(g, places), [x]), /does not depend on "x"/);
});

Deno.test("lessThan() passes no derivative: a gated value has that for a fixed gate", () => {
  const g = createGraph();
  const x = g.input("x", fixed(1, 3)), half = g.constant(0.5);
  const open = g.lessThan(half, x);
  const [dx] = gradient(g, total(g, g.mul(x, open)), [x]);
  assert.deepEqual([...evaluator(g, { dx }, 1)({ x: [0.4, 0.5, 0.6] }).dx], [0, 0, 1]);
  assert.throws(() => gradient(g, total(g, open), [x]), /does not depend on "x"/);
});

Deno.test("the gradient of a mean divides by the actual number of rows", () => {
  const g = createGraph();
  const x = g.input("x", batched(2, 3));
  const [dx] = gradient(g, g.sumCols(g.sumRows(x, { mean: true })), [x]);
  for (const rows of [1, 4]) {
    const { dx: values } = evaluator(g, { dx }, rows)({ x: new Array(6 * rows).fill(0) });
    assert.deepEqual([...values], new Array(6 * rows).fill(1 / (3 * rows)));
  }
});

Deno.test("the same operation on the same operands is the same node", () => {
  const g = createGraph();
  const x = g.input("x", fixed(2, 2));
  assert.equal(g.exp(x), g.exp(x));
  assert.equal(g.affine(x, { scale: 2, offset: 1 }), g.affine(x, { scale: 2, offset: 1 }));
  assert.notEqual(g.affine(x, { scale: 2, offset: 1 }), g.affine(x, { scale: 2, offset: 0 }));
  assert.equal(g.constant(3), g.constant(3));
  assert.equal(g.input("x", fixed(2, 2)), x);
  assert.throws(() => g.input("x", fixed(2, 3)), RangeError);

  gradient(g, total(g, g.exp(x)), [x]);
  assert.equal(g.nodes.filter(({ op }) => op === "exp").length, 1);
});

Deno.test("a node that is used twice sums both derivatives", () => {
  const g = createGraph();
  const x = g.input("x", fixed(1, 3));
  const cube = g.mul(g.mul(x, x), x);
  assertGradients(g, total(g, g.add(cube, cube)), [x], { x: [0.5, -1, 2] }, 1, "2x³");
});

Deno.test("gradient() can differentiate its own results", () => {
  const g = createGraph();
  const x = g.input("x", fixed(1, 3));
  const [slope] = gradient(g, total(g, g.mul(g.mul(x, x), x)), [x]);
  const [curvature] = gradient(g, total(g, slope), [x]);
  const { curvature: values } = evaluator(g, { curvature }, 1)({ x: [1, 2, -3] });
  assert.deepEqual([...values], [6, 12, -18]);
});

Deno.test("partialGradient() holds nodes fixed, differentiates by them, and says if nothing is left", () => {
  const g = createGraph();
  const x = g.input("x", fixed(1, 2)), y = g.input("y", fixed(1, 2));
  const held = g.mul(x, x);
  const loss = total(g, g.mul(g.mul(held, x), held)); // h² x, h = x²
  const [dX, dHeld, dY] = partialGradient(g, loss, [x, held, y], [held]);
  assert.equal(dY, undefined);
  const values = evaluator(g, { dX: dX!, dHeld: dHeld! }, 1)({ x: [2, -3] });
  assert.deepEqual([...values.dX], [16, 81]); // h²
  assert.deepEqual([...values.dHeld], [16, -54]); // 2 h x
  const [hidden] = partialGradient(g, total(g, held), [x], [held]);
  assert.equal(hidden, undefined);
  // Nothing is visited beyond a held node: this one has no second derivative.
  const slope = g.activationGrad(held, g.constant(1), { kind: "tanh" });
  const [once] = partialGradient(g, total(g, g.add(slope, x)), [x], [held]);
  assert.deepEqual([...evaluator(g, { once: once! }, 1)({ x: [2, -3] }).once], [1, 1]);
});

Deno.test("gradient() takes any node, even the surrogate", () => {
  const g = createGraph();
  const x = g.input("x", fixed(1, 2));
  const doubled = g.affine(x, { scale: 2, offset: 0 });
  const loss = total(g, g.mul(doubled, doubled));
  const [dDoubled, dLoss] = gradient(g, loss, [doubled, loss]);
  const values = evaluator(g, { dDoubled, dLoss }, 1)({ x: [1, -3] });
  assert.deepEqual([...values.dDoubled], [4, -12]);
  assert.deepEqual([...values.dLoss], [1]);
});

Deno.test("a broadcast before an operation that stretches its operands is removed", () => {
  const g = createGraph();
  const x = g.input("x", batched(3)), row = g.input("row", fixed(1, 3));
  const stretched = g.broadcast(row, { ...batched(3), mean: false });
  assert.deepEqual(g.add(x, stretched).inputs, [x, row]);
  // Not both, or the result would lose its shape.
  const square = g.mul(stretched, stretched);
  assert.deepEqual(square.shape, batched(3));
  const mean = g.broadcast(row, { ...batched(3), mean: true });
  assert.deepEqual(g.add(x, mean).inputs, [x, mean]);
  const values = { x: [1, 2, 3, 4, 5, 6], row: [0.1, 0.2, 0.3] };
  const loss = total(g, g.mul(g.add(square, x), g.add(x, mean)));
  assertGradients(g, loss, [x, row], values, 2, "broadcasts");
});

Deno.test("gradient() says why it cannot differentiate", () => {
  const g = createGraph();
  const x = g.input("x", fixed(1, 4)), other = g.input("other", SCALAR);
  assert.throws(() => gradient(g, x, [x]), /Cannot differentiate: the surrogate must be a scalar/);
  assert.throws(
    () => gradient(g, g.input("b", batched(1)), [x]),
    /the surrogate must be a scalar/,
  );
  assert.throws(() => gradient(g, total(g, x), [other]), /does not depend on "other"/);
  const noise = g.randomNormal(x, { ...fixed(1, 2), stream: 0 });
  assert.throws(
    () => gradient(g, total(g, noise), [x]),
    /Cannot differentiate randomNormal: noise/,
  );
});
