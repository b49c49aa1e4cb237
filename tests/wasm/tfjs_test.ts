/**
 * Matrix product, dense layers and softmax against a second float32 implementation, TensorFlow.js on its WebAssembly
 * backend (XNNPACK), for shapes that are not multiples of a tile.
 *
 * Tolerance: both sum k rounded products in their own order, so each is within (k + 4) 2^-24 Σ|terms| of the exact sum,
 * and they are within twice that of each other (tests/util/close.ts). Activations have slopes of at most 1 and add a
 * few ULP of their argument or 1; TensorFlow.js's own tanh and sigmoid are accurate to 4 ULP of their largest value.
 */
import assert from "node:assert/strict";
import * as tf from "npm:@tensorflow/tfjs-core@4.22.0";
import "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import { batched, fixed } from "../../src/core/shape.ts";
import type { Graph } from "../../src/graph/graph.ts";
import type { Activation } from "../../src/ops/names.ts";
import type { Node } from "../../src/ops/spec.ts";
import { runGraph } from "../util/probe.ts";
import { assertCloseReduction, assertRelative, F32_UNIT_ROUNDOFF } from "../util/close.ts";
import { normals } from "../util/data.ts";
import { EXECUTORS } from "../util/executors.ts";

const WASM = EXECUTORS.filter(({ backend }) => backend === "wasm");

/** Rows, inner size and columns: ones, odd sizes, the edges of tiles and their neighbours, and a real layer. */
const SHAPES = [
  [1, 1, 1],
  [1, 7, 3],
  [2, 1, 5],
  [5, 17, 1],
  [3, 4, 8],
  [7, 9, 15],
  [8, 16, 16],
  [13, 33, 31],
  [65, 63, 67],
  [128, 784, 20],
] as const;

const ACTIVATIONS: Readonly<Partial<Record<Activation, (x: tf.Tensor2D) => tf.Tensor2D>>> = {
  identity: (x) => x,
  relu: (x) => tf.relu(x),
  tanh: (x) => tf.tanh(x),
  sigmoid: (x) => tf.sigmoid(x),
  elu: (x) => tf.elu(x),
};

const random = (count: number, seed: number) => Float32Array.from(normals(count, seed));

/** TensorFlow.js's result, with all its tensors released. */
function reference(compute: () => tf.Tensor): Float32Array {
  return Float32Array.from(tf.tidy(() => compute().dataSync()));
}

/** Σ |a||b| of every element of a product. */
function sumAbs(a: Float32Array, b: Float32Array, inner: number, cols: number): Float64Array {
  return Float64Array.from({ length: a.length / inner * cols }, (_, at) => {
    const [r, c] = [Math.floor(at / cols), at % cols];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += Math.abs(a[r * inner + k] * b[k * cols + c]);
    return sum;
  });
}

Deno.test("TensorFlow.js runs on its WebAssembly backend", async () => {
  assert.ok(await tf.setBackend("wasm"));
  await tf.ready();
  assert.equal(tf.getBackend(), "wasm");
});

for (const executor of WASM) {
  Deno.test(`matmul agrees with TensorFlow.js in every orientation, on ${executor.label}`, async () => {
    await tf.setBackend("wasm");
    for (const [rows, inner, cols] of SHAPES) {
      const [a, b] = [random(rows * inner, 1), random(inner * cols, 2)];
      const terms = sumAbs(a, b, inner, cols).map((sum) => 2 * sum);
      for (const [transposeA, transposeB] of [[false, false], [false, true], [true, false]]) {
        const [left, right] = [
          transposeA ? transposed(a, rows, inner) : a,
          transposeB ? transposed(b, inner, cols) : b,
        ];
        // The rows of a batch are those of the left operand, or the terms of the sum in the product of a gradient.
        const batch = transposeA ? inner : rows;
        const { product } = runGraph(executor, batch, (g) => {
          const x = g.input("a", batched(transposeA ? rows : inner));
          const y = transposeA
            ? g.input("b", batched(cols))
            : g.input("b", transposeB ? fixed(cols, inner) : fixed(inner, cols));
          return { product: g.matmul(x, y, { transposeA, transposeB }) };
        }, { a: left, b: right });
        const theirs = reference(() => {
          const x = tf.tensor2d(left, transposeA ? [inner, rows] : [rows, inner]);
          const y = tf.tensor2d(right, transposeB ? [cols, inner] : [inner, cols]);
          return tf.matMul(x, y, transposeA, transposeB);
        });
        const what = `${rows}x${inner}x${cols} ${transposeA} ${transposeB}`;
        assertCloseReduction(product, theirs, terms, inner, what);
      }
    }
  });

  for (const [activation, apply] of Object.entries(ACTIVATIONS)) {
    Deno.test(`dense ${activation} agrees with TensorFlow.js, on ${executor.label}`, async () => {
      await tf.setBackend("wasm");
      for (const [rows, inner, cols] of SHAPES) {
        const [x, weight, bias] = [
          random(rows * inner, 3),
          random(inner * cols, 4),
          random(cols, 5),
        ];
        const { y } = runGraph(executor, rows, (g) => ({
          y: g.dense(
            g.input("x", batched(inner)),
            g.input("weight", fixed(inner, cols)),
            g.input("bias", fixed(1, cols)),
            { activation: activation as Activation },
          ),
        }), { x, weight, bias });
        const theirs = reference(() => {
          const product = tf.matMul(
            tf.tensor2d(x, [rows, inner]),
            tf.tensor2d(weight, [inner, cols]),
          );
          return apply(tf.add(product, tf.tensor1d(bias)));
        });
        // The bias is one more term; 16 ULP of 1 for the errors of both activations.
        const terms = sumAbs(x, weight, inner, cols)
          .map((sum, i) => 2 * (sum + Math.abs(bias[i % cols])) + 16 / (inner + 5));
        assertCloseReduction(y, theirs, terms, inner + 1, `${rows}x${inner}x${cols}`);
      }
    });
  }

  Deno.test(`softmax agrees with TensorFlow.js, on ${executor.label}`, async () => {
    await tf.setBackend("wasm");
    for (const [rows, , cols] of SHAPES) {
      const x = random(rows * cols, 6).map((value) => 4 * value);
      const build = (g: Graph): Record<string, Node> => ({
        y: g.softmaxCols(g.input("x", batched(cols))),
      });
      const { y } = runGraph(executor, rows, build, { x });
      const theirs = reference(() => tf.softmax(tf.tensor2d(x, [rows, cols])));
      // eˣ⁻ᵐ: x - m is rounded at a magnitude of up to 32 (hence 32 units, absolute in the exponent), the exponential
      // and the quotient add a few ULP, and the sum of positive terms one unit each; TensorFlow.js has the same error
      // again.
      assertRelative(y, theirs, 2 * (32 + 8 + cols) * F32_UNIT_ROUNDOFF, 1e-30, `${rows}x${cols}`);
    }
  });
}

function transposed(values: Float32Array, rows: number, cols: number): Float32Array {
  return values.map((_, at) => values[(at % rows) * cols + Math.floor(at / rows)]);
}
