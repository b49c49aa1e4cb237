/**
 * randomNormal of the debug build and the shipped builds: its integers against Philox in BigInt, its normals against
 * Box-Muller in float64, its moments against theory.
 */
import { deepEqual, notDeepEqual, ok } from "node:assert/strict";
import { assertRelative } from "../util/close.ts";
import { STANDARD_ERRORS } from "../util/statistics.ts";
import { Workbench } from "./debug_kernels.ts";
import { normalsShipped, SHIPPED, type Shipped } from "./shipped.ts";

interface Draw {
  readonly seedLow: number;
  readonly seedHigh: number;
  readonly step: number;
  readonly firstRow: number;
  readonly rowsPerBatchRow: number;
  readonly stream: number;
}

const DRAW: Draw = {
  seedLow: 0x12345678,
  seedHigh: 0x9abcdef0,
  step: 7,
  firstRow: 0,
  rowsPerBatchRow: 1,
  stream: 3,
};

const normals = (rows: number, cols: number, draw: Draw) => noise("randomNormal", rows, cols, draw);
const uniforms = (rows: number, cols: number, draw: Draw) =>
  noise("randomUniform", rows, cols, draw);

function noise(kernel: string, rows: number, cols: number, draw: Draw): Float32Array {
  const { seedLow, seedHigh, step, firstRow, rowsPerBatchRow, stream } = draw;
  const key = new Float32Array(Uint32Array.of(seedLow, seedHigh, step, firstRow).buffer);
  const bench = new Workbench(), out = bench.output(rows * cols);
  bench.call(kernel, out, rows, cols, rowsPerBatchRow, bench.input(key), stream, 0);
  return bench.read(out, rows * cols);
}

const MASK = 0xffffffffn;

/** Philox 4x32-10, as in the paper. */
function philox(counter: readonly bigint[], key: readonly bigint[]): number[] {
  let [x0, x1, x2, x3] = counter, [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const product0 = x0 * 0xd2511f53n, product1 = x2 * 0xcd9e8d57n;
    [x0, x1, x2, x3] = [
      (product1 >> 32n) ^ x1 ^ k0,
      product1 & MASK,
      (product0 >> 32n) ^ x3 ^ k1,
      product0 & MASK,
    ];
    k0 = (k0 + 0x9e3779b9n) & MASK;
    k1 = (k1 + 0xbb67ae85n) & MASK;
  }
  return [x0, x1, x2, x3].map(Number);
}

/** Word (row, col) of the blocks that a draw reads, and the other words of its block. */
function wordsAt(row: number, col: number, draw: Draw): number[] {
  const { seedLow, seedHigh, step, firstRow, rowsPerBatchRow, stream } = draw;
  const row32 = (BigInt(firstRow) * BigInt(rowsPerBatchRow) + BigInt(row)) & MASK;
  const counter = [BigInt(Math.floor(col / 4)), row32, BigInt(step), BigInt(stream)];
  return philox(counter, [BigInt(seedLow), BigInt(seedHigh)]);
}

/** Element (row, col) in float64, and ρ, to which its error is proportional. */
function expected(row: number, col: number, draw: Draw): { normal: number; radius: number } {
  const words = wordsAt(row, col, draw);
  const pair = col % 4 < 2 ? words.slice(0, 2) : words.slice(2);
  const u = ((pair[0] >>> 9) + 0.5) * 2 ** -23, angle = 2 * Math.PI * (pair[1] >>> 9) * 2 ** -23;
  const radius = Math.sqrt(-2 * Math.log(u));
  return { normal: radius * (col % 2 ? Math.sin(angle) : Math.cos(angle)), radius };
}

function check(rows: number, cols: number, draw: Draw, got = normals(rows, cols, draw)): void {
  for (let i = 0; i < got.length; i++) {
    const { normal, radius } = expected(Math.floor(i / cols), i % cols, draw);
    // sin and cos have an error of 1.5 · 2^-24, ρ of 2 · 2^-24 relative (log: 2 ulp, halved), and the product rounds.
    assertRelative(got[i], normal, 2 ** -24, 4 * 2 ** -24 * radius, `${rows}x${cols} at ${i}`);
  }
}

Deno.test("the BigInt Philox equals the known answers of Random123", () => {
  const zero = [0n, 0n, 0n, 0n];
  deepEqual(philox(zero, [0n, 0n]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  const pi = [0x243f6a88n, 0x85a308d3n, 0x13198a2en, 0x03707344n];
  const answer = [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1];
  deepEqual(philox(pi, [0xa4093822n, 0x299f31d0n]), answer);
});

Deno.test("randomNormal() is Box-Muller of Philox, in every small shape", () => {
  for (let rows = 1; rows <= 6; rows++) {
    for (let cols = 1; cols <= 21; cols++) check(rows, cols, DRAW);
  }
  check(2, 1003, DRAW);
  check(300, 2, DRAW);
});

for (const shipped of Object.keys(SHIPPED) as Shipped[]) {
  Deno.test(`${shipped}: randomNormal() is Box-Muller of Philox, in ten thousand draws and the narrowest rows`, () => {
    const { seedLow, seedHigh, step, firstRow, stream } = DRAW;
    const key = [seedLow, seedHigh, step, firstRow];
    for (const [rows, cols] of [[10, 1003], [300, 1], [300, 2], [99, 3], [7, 4], [9, 5]]) {
      const got = normalsShipped(shipped, key, { rows, cols, stream });
      check(rows, cols, DRAW, got);
    }
  });
}

Deno.test("every word of the counter and the key matters, up to 2^32 - 1", () => {
  const top = 0xffffffff;
  check(3, 9, { ...DRAW, step: top, stream: top });
  check(3, 9, { ...DRAW, seedLow: top, seedHigh: top });
  check(3, 9, { ...DRAW, firstRow: top, rowsPerBatchRow: 3 }); // the row is taken modulo 2^32
  check(3, 9, { ...DRAW, firstRow: 123456, rowsPerBatchRow: 50 });
  const base = normals(2, 8, DRAW);
  for (const word of ["seedLow", "seedHigh", "step", "firstRow", "stream"] as const) {
    notDeepEqual(normals(2, 8, { ...DRAW, [word]: DRAW[word] + 1 }), base, word);
  }
});

Deno.test("a row's noise does not depend on the batch in which it arrives", () => {
  for (const [samples, cols] of [[1, 5], [3, 8], [50, 7]]) {
    const draw = { ...DRAW, rowsPerBatchRow: samples };
    const all = normals(10 * samples, cols, draw);
    const last = normals(6 * samples, cols, { ...draw, firstRow: 4 });
    deepEqual(last, all.slice(4 * samples * cols));
  }
});

Deno.test("noise that is not batched does not depend on the first row", () => {
  const draw = { ...DRAW, rowsPerBatchRow: 0 };
  deepEqual(normals(3, 5, draw), normals(3, 5, { ...draw, firstRow: 99 }));
});

Deno.test("a million normals have the moments of the normal distribution", () => {
  const side = 1000, count = side * side, draws = normals(side, side, DRAW);
  const mean = (f: (x: number, i: number) => number) => {
    return draws.reduce((sum, x, i) => sum + f(x, i), 0) / count;
  };
  // Each statistic, its expectation, and the variance of one term.
  const statistics: readonly (readonly [string, number, number, number])[] = [
    ["mean", mean((x) => x), 0, 1],
    ["variance", mean((x) => x * x), 1, 2],
    ["third moment", mean((x) => x ** 3), 0, 15],
    ["fourth moment", mean((x) => x ** 4), 3, 96],
    ["P(|x| > 2)", mean((x) => Number(Math.abs(x) > 2)), 0.0455003, 0.0434],
    ["P(|x| > 4)", mean((x) => Number(Math.abs(x) > 4)), 6.3342e-5, 6.3342e-5],
    ["P(x < 1)", mean((x) => Number(x < 1)), 0.8413447, 0.1335],
    ["product of a cosine and its sine", mean((x, i) => i % 2 ? x * draws[i - 1] : 0), 0, 0.5],
    ["product with the row above", mean((x, i) => i < side ? 0 : x * draws[i - side]), 0, 1],
    ["product with the next block", mean((x, i) => i < 4 ? 0 : x * draws[i - 4]), 0, 1],
  ];
  for (const [name, got, want, variance] of statistics) {
    const errors = Math.abs(got - want) / Math.sqrt(variance / count);
    ok(errors < STANDARD_ERRORS, `${name}: got ${got}, want ${want}, ${errors} standard errors`);
  }
  ok(draws.every((x) => Math.abs(x) <= 5.77));
});

Deno.test("randomUniform() is the top 24 bits of the same words, exactly, in every small shape", () => {
  for (const [rows, cols] of [[1, 1], [3, 2], [2, 5], [6, 21], [2, 1003], [300, 2]]) {
    const want = Float32Array.from({ length: rows * cols }, (_, i) => {
      const [row, col] = [Math.floor(i / cols), i % cols];
      return (wordsAt(row, col, DRAW)[col % 4] >>> 8) / 2 ** 24;
    });
    deepEqual(uniforms(rows, cols, DRAW), want, `${rows}x${cols}`);
  }
});

Deno.test("a million uniforms lie in [0, 1) and have the moments of the uniform distribution", () => {
  const side = 1000, count = side * side, draws = uniforms(side, side, DRAW);
  ok(draws.every((x) => x >= 0 && x < 1));
  const centred = draws.map((x) => x - 0.5);
  const mean = (f: (x: number, i: number) => number) =>
    centred.reduce((sum, x, i) => sum + f(x, i), 0) / count;
  // Each statistic of x - ½, its expectation, and the variance of one term.
  const statistics: readonly (readonly [string, number, number, number])[] = [
    ["mean", mean((x) => x), 0, 1 / 12],
    ["variance", mean((x) => x * x), 1 / 12, 1 / 80 - 1 / 144],
    ["third moment", mean((x) => x ** 3), 0, 1 / 448],
    ["P(x < 1/4)", mean((x) => Number(x < -0.25)), 0.25, 3 / 16],
    ["product with its neighbour", mean((x, i) => i % 2 ? x * centred[i - 1] : 0), 0, 1 / 288],
    [
      "product with the row above",
      mean((x, i) => i < side ? 0 : x * centred[i - side]),
      0,
      1 / 144,
    ],
  ];
  for (const [name, got, want, variance] of statistics) {
    const errors = Math.abs(got - want) / Math.sqrt(variance / count);
    ok(errors < STANDARD_ERRORS, `${name}: got ${got}, want ${want}, ${errors} standard errors`);
  }
});
