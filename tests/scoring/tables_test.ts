/** Rows, standardisation and blame, each against its definition. */
import assert from "node:assert/strict";
import {
  rawContributions,
  subtractTypical,
  typicalContributions,
} from "../../src/scoring/contributions.ts";
import { parseSpec } from "../../src/models/spec.ts";
import { toMatrix } from "../../src/trained/rows/matrix.ts";
import { toRows } from "../../src/trained/rows/model_rows.ts";
import {
  limits,
  restore,
  standardizationOf,
  standardize,
} from "../../src/scoring/table/standardize.ts";
import { numericSchema } from "../../src/scoring/table/schema.ts";
import { columnsOf, toCells } from "../../src/scoring/table/table_rows.ts";

Deno.test("toMatrix() takes arrays and matrices, and names what is wrong", () => {
  assert.deepEqual(toMatrix([[1, 2], [3, 4]], 2).data, Float32Array.of(1, 2, 3, 4));
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  assert.equal(toMatrix({ data, shape: [2, 3] }, 3).data, data, "no copy of what already fits");
  assert.throws(() => toMatrix([[1, 2], [3]], 2), /row 2: expected 2 numbers, got 1/);
  assert.throws(() => toMatrix([[1, 1e39]], 2), /row 1, column 2: expected a finite number/);
  assert.throws(() => toMatrix([["a"] as unknown as number[]], 1), /row 1, column 1.*"a"/);
  assert.throws(() => toMatrix({ data, shape: [3, 3] }, 3), /shape \[3, 3\] over 6 numbers/);
  assert.throws(() => toMatrix([undefined as unknown as number[]], 1), /row 1/);
  assert.throws(() => toMatrix([[5n] as unknown as number[]], 1), /row 1, column 1.*5n/);
});

Deno.test("toMatrix() and toCells() refuse sparse arrays, and data or shapes of other types", () => {
  const holes: number[][] = [[1, 2]];
  holes[2] = [3, 4];
  assert.throws(() => toMatrix(holes, 2), /row 2: expected 2 numbers/);
  assert.throws(
    () => toCells(holes, numericSchema(["a", "b"])),
    /row 2: expected a list or an object of cells/,
  );
  const data = Float32Array.of(1, 2), list = [1, 2];
  const refused: [unknown, RegExp][] = [
    [undefined, /list of rows.*undefined/],
    ["ab", /list of rows.*"ab"/],
    [{ data: list, shape: [1, 2] }, /neither a Float32Array nor a Float64Array/],
    [{ data }, /shape undefined/],
    [{ data, shape: [1, 2, 1] }, /shape \[1,2,1\]/],
    [{ data, shape: [0.5, 2] }, /shape \[0.5,2\]/],
    [{ data, shape: ["1", 2] }, /shape \["1",2\]/],
  ];
  for (const [value, message] of refused) {
    const rows = value as number[][];
    assert.throws(() => toMatrix(rows, 2), { name: "TypeError", message });
    assert.throws(() => toCells(rows, numericSchema(["a", "b"])), { name: "TypeError", message });
    assert.throws(() => columnsOf(rows), { name: "TypeError", message });
  }
});

Deno.test("toRows() refuses what a Bernoulli likelihood cannot take", () => {
  const bernoulli = parseSpec({
    inputs: 2,
    latent: [{ size: 1 }],
    likelihood: { type: "bernoulli" },
  });
  assert.deepEqual(toRows(bernoulli, [[0, 1]]).data, Float32Array.of(0, 1));
  const message = /row 2, column 1: a Bernoulli likelihood needs a value from 0 to 1, .* -1$/;
  assert.throws(() => toRows(bernoulli, [[0, 1], [-1, 0]]), { message, row: 2, column: 1 });
  const gaussian = parseSpec({ inputs: 2, latent: [{ size: 1 }] });
  assert.deepEqual(toRows(gaussian, [[-1, 2]]).data, Float32Array.of(-1, 2));
});

Deno.test("a column may be named length", () => {
  const rows = [{ length: 2, width: 3 }];
  assert.deepEqual(columnsOf(rows), ["length", "width"]);
  assert.deepEqual(toCells(rows, numericSchema(["width", "length"])).data, Float64Array.of(3, 2));
  assert.throws(
    () => toCells([{ length: 2 }], numericSchema(["width", "length"])),
    /no column "width"/,
  );
  assert.deepEqual(toCells([Float32Array.of(1, 2)], numericSchema(["width", "length"])).rows, 1);
});

Deno.test("toCells() reads rows by name, even a column named __proto__", () => {
  const row = JSON.parse('{"__proto__": 5, "b": 2}');
  assert.deepEqual(columnsOf([row]), ["__proto__", "b"]);
  assert.deepEqual(toCells([row], numericSchema(["b", "__proto__"])).data, Float64Array.of(2, 5));
  assert.throws(
    () => toCells([{ b: 2, c: 1 }], numericSchema(["b", "__proto__"])),
    /unknown column "c"/,
  );
  assert.throws(() => toCells([[1, Infinity]], numericSchema(["b", "c"])), /row 1, column "c"/);
});

Deno.test("standardizationOf() gives zero mean and unit variance, even for small spreads around large values", () => {
  const data = Float64Array.from({ length: 300 }, (_, i) => i % 3 === 2 ? 7 : 1e9 + (i * i) % 17);
  const cells = { data, rows: 100 };
  const standardization = standardizationOf(cells, 3);
  assert.equal(standardization.scale[2], 1, "a constant column is not divided by nothing");
  const { data: z } = standardize(cells, standardization);
  for (const c of [0, 1]) {
    const column = z.filter((_, i) => i % 3 === c);
    const mean = column.reduce((a, b) => a + b) / 100;
    const variance = column.reduce((a, b) => a + b * b, 0) / 100;
    // Subtracting 1e9 in float64 has an error of 1e9 · 2⁻⁵³ ≈ 1e-7.
    assert.ok(Math.abs(mean) < 1e-6 && Math.abs(variance - 1) < 1e-6);
  }
  const back = restore({ data: Float32Array.of(0, 1, 0), shape: [1, 3] }, standardization);
  assert.equal(back.data[2], 7);
});

Deno.test("standardize() limits values that float32 could not represent", () => {
  const [centre, scale] = [Float64Array.of(0), Float64Array.of(1e-3)];
  const standardization = { centre, scale, limit: limits(1, []) };
  const { data } = standardize(
    { data: Float64Array.of(1e30, -1e140, 0.5), rows: 3 },
    standardization,
  );
  assert.deepEqual([...data], [1e6, -1e6, 500]);
});

Deno.test("standardizationOf() leaves fixed columns unchanged and unlimited", () => {
  const cells = { data: Float64Array.of(1e7, 1, 0, 3), rows: 2 };
  const standardization = standardizationOf(cells, 2, ["Poisson", undefined]);
  assert.deepEqual([...standardize(cells, standardization).data], [1e7, -1, 0, 1]);
});

Deno.test("contributions sum to the score, before and after relating them to typical rows", () => {
  // Two rows, the second at the mean; x is wider than the costs, as in a model with a mask.
  const x = { data: [3, 0, -4, 7, 0, 0, 0, 7], shape: [2, 4] } as const;
  const cost = { data: [1.5, -2, 0.25, 1.5, -2, 0.25], shape: [2, 3] } as const;
  const kl = { data: [2, 0.5, 2, 0.5], shape: [2, 2] } as const;
  const out = new Float64Array(6), sum = (of: Float64Array) => of.reduce((a, b) => a + b);
  const score = rawContributions({ x, cost, kl }, 0, out, 0);
  assert.ok(Math.abs(score - 2.25) < 1e-15);
  assert.deepEqual([...out], [1.5 + 2.5 * 9 / 25, -2, 0.25 + 2.5 * 16 / 25, 0, 0, 0]);
  rawContributions({ x, cost, kl }, 1, out, 3);
  const equal = [1.5, -2, 0.25].map((each) => each + 2.5 / 3);
  out.subarray(3).forEach((nats, d) => assert.ok(Math.abs(nats - equal[d]) < 1e-15));
  subtractTypical(out, Float64Array.of(1, -3, 0.5));
  for (const at of [0, 3]) {
    assert.ok(Math.abs(sum(out.subarray(at, at + 3)) - score) < 2e-15, "a shift leaves sums alone");
  }
  assert.ok(Math.abs(out[1] - (-2 + 3 - 0.5)) < 1e-15);
});

Deno.test("a column's typical contribution is the mean over the rows that have the cell, and 0 without any", () => {
  const cells = { data: Float64Array.of(1, NaN, NaN, 2, 3, NaN), rows: 2 };
  const raw = Float64Array.of(4, 100, 100, 6, 8, 100);
  assert.deepEqual([...typicalContributions(cells, raw)], [5, 8, 0]);
});

Deno.test("a column that the model does not see gets no contribution, and no share of the typical score", () => {
  const raw = Float64Array.of(4, 0, 8);
  subtractTypical(raw, Float64Array.of(1, 0, 3));
  assert.deepEqual([...raw], [4 - 1 + 2, 0, 8 - 3 + 2]);
});
