/** Instruction records: each word is where the kernels look for it. */
import { deepEqual, equal } from "node:assert/strict";
import { CUTS, RECORD_WORDS, SPLIT_WORD } from "../../src/backends/wasm/abi.ts";
import { encodePlan } from "../../src/backends/wasm/encode.ts";
import { batched, fixed } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { type Place, plan } from "../../src/graph/plan.ts";
import { OP_NAMES } from "../../src/ops/names.ts";

/** A different thousand for each segment, so that an address tells the place. */
const address = ({ segment, offset }: Place) =>
  1000 * ["parameters", "state", "scratch"].indexOf(segment) + offset;

const bits = (...values: number[]) => [...new Int32Array(new Float32Array(values).buffer)];

Deno.test("a record has opcode, attributes, cut, and operands whose rows depend on the batch", () => {
  const g = createGraph();
  const x = g.input("x", batched(3, 2)),
    weight = g.parameter("w", 3, 4),
    bias = g.parameter("b", 1, 4);
  const y = g.dense(x, weight, bias, { activation: "tanh" });
  const parameters = layOut("parameters", [
    { name: "w", rows: 3, cols: 4 },
    { name: "b", rows: 1, cols: 4 },
  ]);
  const records = encodePlan(plan(g, { outputs: { y }, capacity: 5, parameters }), address);
  equal(records.length, RECORD_WORDS);
  // deno-fmt-ignore
  deepEqual([...records], [
    OP_NAMES.indexOf("dense"), 2, 0, 0, 0, 0, 0, CUTS.indexOf("product") + (40 << 8),
    2064, 0, 2, 4,   2000, 0, 2, 3,   0, 3, 0, 4,   64, 1, 0, 4,   0, 0, 0, 0,   0, 0, 0, 0,
  ]);
});

Deno.test("an effect's output is its first operand, and Adam gets 1 - beta computed in float64", () => {
  const g = createGraph();
  const param = g.parameter("p", 2, 2), grad = g.exp(param);
  const m = g.state("m", 2, 2), v = g.state("v", 2, 2);
  const schedule = g.input("schedule", { rows: 1, cols: 3, batched: false });
  const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
  const step = g.adamStep(param, grad, m, v, g.constant(1), schedule, settings);
  const request = {
    outputs: {},
    effects: [step],
    capacity: 1,
    parameters: layOut("parameters", [{ name: "p", rows: 2, cols: 2 }]),
    state: layOut("state", ["m", "v"].map((name) => ({ name, rows: 2, cols: 2 }))),
  };
  const record = [...encodePlan(plan(g, request), address).subarray(RECORD_WORDS)];
  equal(record[0], OP_NAMES.indexOf("adamStep"));
  deepEqual(record.slice(1, 7), bits(0.9, 0.999, 1e-8, 0, 1 - 0.9, 1 - 0.999));
  const pointers = Array.from({ length: 6 }, (_, slot) => record[8 + 4 * slot]);
  deepEqual([pointers[0], pointers[2], pointers[3]], [0, 1000, 1064]);
  equal(pointers.filter((pointer) => pointer >= 2000).length, 3); // gradient, scale, schedule
});

Deno.test("the mean of a broadcast is not cut, because a tile does not know the number of rows", () => {
  const cutOf = (mean: boolean) => {
    const g = createGraph();
    const y = g.broadcast(g.input("x", fixed(1, 3)), { ...batched(3), mean });
    const request = { outputs: { y }, capacity: 2, parameters: layOut("parameters", []) };
    return encodePlan(plan(g, request), address)[SPLIT_WORD] & 0xff;
  };
  deepEqual([cutOf(true), cutOf(false)], [CUTS.indexOf("none"), CUTS.indexOf("rows")]);
});
