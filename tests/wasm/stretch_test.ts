/**
 * The kernels that stretch their operands, against float64 formulas: every combination of full, row, column and scalar
 * operands, every width from 1 to 17, between guard bands.
 */
import { deepEqual, ok } from "node:assert/strict";
import { instantiateSync } from "npm:@assemblyscript/loader@0.28.20";
import { assertUlp, F32_UNIT_ROUNDOFF } from "../util/close.ts";
import { numbers, Workbench } from "./debug_kernels.ts";
import { type Formula, FORMULAS, title } from "./formulas.ts";

interface Operand {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array;
}

const WIDTHS = Array.from({ length: 17 }, (_, i) => i + 1);

/** An operand in the formula's range, the same for the same seed. */
function operand([low, high]: readonly [number, number], rows: number, cols: number, seed: number) {
  const unit = numbers(rows * cols, seed);
  return { rows, cols, values: unit.map((x) => low + (x + 1) / 2 * (high - low)) };
}

/** All choices of full, row, column or scalar for each of `count` operands. */
function forms(count: number, rows: number, cols: number): (readonly [number, number])[][] {
  if (count === 0) return [[]];
  const choices = [[rows, cols], [1, cols], [rows, 1], [1, 1]] as const;
  return forms(count - 1, rows, cols).flatMap((rest) => choices.map((one) => [...rest, one]));
}

function run(f: Formula, rows: number, cols: number, operands: readonly Operand[]): Float32Array {
  const bench = new Workbench(), out = bench.output(rows * cols);
  const places = operands.flatMap((x) => [bench.input(x.values), x.rows, x.cols]);
  bench.call(f.kernel, out, rows, cols, ...places, ...f.args ?? []);
  return bench.read(out, rows * cols);
}

/** The value of each operand at (row, col) of the output. */
function at(operands: readonly Operand[], row: number, col: number): number[] {
  return operands.map(({ rows, cols, values }) => {
    return values[(rows === 1 ? 0 : row) * cols + (cols === 1 ? 0 : col)];
  });
}

function check(f: Formula, got: number, operands: readonly number[]): void {
  const want = f.value(...operands), what = `${title(f)} of ${operands}`;
  if (f.exact) return assertUlp(got, Math.fround(want), 0, what);
  const size = Math.abs(f.size?.(...operands) ?? want);
  const tolerance = f.roundings! * F32_UNIT_ROUNDOFF * size;
  ok(Math.abs(got - want) <= tolerance, `${what}: got ${got}, want ${want} ± ${tolerance}`);
}

for (const f of FORMULAS) {
  Deno.test(`${title(f)}: operands of every form and width`, () => {
    for (const rows of [1, 2, 3]) {
      for (const cols of WIDTHS) {
        for (const shapes of forms(f.ranges.length, rows, cols)) {
          const operands = shapes.map(([r, c], i) => operand(f.ranges[i], r, c, i + 1));
          run(f, rows, cols, operands).forEach((got, i) => {
            check(f, got, at(operands, Math.floor(i / cols), i % cols));
          });
        }
      }
    }
  });

  Deno.test(`${title(f)}: the same bits at every position, and if the output replaces an operand`, () => {
    const count = 23, operands = f.ranges.map((range, i) => operand(range, 1, count, i + 5));
    const whole = run(f, 1, count, operands);
    for (let i = 0; i < count; i++) {
      const single = operands.map(({ values }) => ({
        rows: 1,
        cols: 1,
        values: values.slice(i, i + 1),
      }));
      deepEqual(run(f, 1, 1, single), whole.slice(i, i + 1));
    }
    operands.forEach((_, reused) => {
      const bench = new Workbench();
      const places = operands.map(({ values }, i) => {
        return i === reused ? bench.output(count, values) : bench.input(values);
      });
      const out = places[reused], shaped = places.flatMap((pointer) => [pointer, 1, count]);
      bench.call(f.kernel, out, 1, count, ...shaped, ...f.args ?? []);
      deepEqual(bench.read(out, count), whole);
    });
  });
}

Deno.test("no kernel reads or writes beyond an operand: each operand once ends at the end of memory", () => {
  const bytes = Deno.readFileSync(new URL("../../build/debug.wasm", import.meta.url));
  const { exports } = instantiateSync<Record<string, unknown>>(bytes);
  const memory = exports.memory as unknown as WebAssembly.Memory;
  memory.grow(1);
  const end = memory.buffer.byteLength, rows = 2;
  for (const { kernel, ranges, args = [] } of FORMULAS) {
    for (const cols of WIDTHS) {
      for (let last = 0; last <= ranges.length; last++) {
        const place = (i: number) => end - 4 * rows * cols - (i === last ? 0 : 4096 * (i + 1));
        const operands = ranges.flatMap((_, i) => [place(i), rows, cols]);
        const call = exports[kernel] as (...args: number[]) => void; // a trap would throw
        call(place(ranges.length), rows, cols, ...operands, ...args);
      }
    }
  }
});

Deno.test("gaussianKl() is accurate near 0, exactly 0 there, and never negative", () => {
  const f = FORMULAS.find(({ kernel }) => kernel === "gaussianKl")!;
  const tiny = Float32Array.from({ length: 40 }, (_, i) => (i % 2 ? 1 : -1) * 10 ** (-i / 4));
  const got = run(f, 1, 40, [zeros(40), { rows: 1, cols: 40, values: tiny }]);
  // ½ (l²/2 + l³/6 + …): Math.expm1(l) - l itself would cancel.
  const want = Float64Array.from(tiny, (l) => {
    return Math.abs(l) > 0.1 ? (Math.expm1(l) - l) / 2 : l * l * series(l) / 2;
  });
  assertUlp(got, want, 5, "gaussianKl");
  deepEqual([...run(f, 1, 5, [zeros(5), zeros(5)])], [0, 0, 0, 0, 0]);
});

Deno.test("bernoulliLogProb() is accurate in both tails at x = 0 and x = 1", () => {
  const f = FORMULAS.find(({ kernel }) => kernel === "bernoulliLogProb")!;
  const logits = Float32Array.from({ length: 161 }, (_, i) => i - 80);
  for (const x of [0, 1]) {
    const l = { rows: 1, cols: 161, values: logits };
    const got = run(f, 1, 161, [{ rows: 1, cols: 1, values: Float32Array.of(x) }, l]);
    const want = Float64Array.from(logits, (l) => {
      const away = x === 1 ? -l : l; // -softplus(away)
      return -(Math.max(away, 0) + Math.log1p(Math.exp(-Math.abs(away))));
    });
    assertUlp(got, want, 3, `x = ${x}`); // the ulps that softplus promises
  }
});

function zeros(count: number): Operand {
  return { rows: 1, cols: count, values: new Float32Array(count) };
}

/** (e^l - 1 - l) / l² = 1/2! + l/3! + l²/4! + …, for |l| <= 0.1. */
function series(l: number): number {
  let sum = 0, factorial = 1;
  for (let k = 2; k < 16; k++) sum += l ** (k - 2) / (factorial *= k);
  return sum;
}
