/**
 * Measures the error of the vector functions of assembly/simd in both builds, with Math in float64 as the reference,
 * and writes docs/accuracy.md. Exits with 1 if a function exceeds the error it promises.
 *
 *   deno run --allow-all scripts/accuracy.ts          every 257th float32 number
 *   deno run --allow-all scripts/accuracy.ts --all    all 2^32
 *
 * The reference's own error is below 1e-8 ulp of float32.
 */
import { ACTIVATIONS } from "../src/ops/names.ts";
import { createMemory } from "../src/backends/wasm/loader.ts";
import { compile } from "./build_kernels.ts";
import { markdownTable, type Row } from "./lib/table.ts";

const ENTRY = "assembly/accuracy.ts";
const STRIDE = 257; // prime, so that all low bits of the mantissa occur
const CHUNK = 1 << 16;
const SMALLEST_NORMAL = 2 ** -126;

/** A vector function, its reference, and the error it promises on its domain. */
export interface VectorFunction {
  readonly name: string;
  /** The name of its kernel in assembly/accuracy.ts, and the kernel's arguments after (out, x, count). */
  readonly kernel: string;
  readonly args: readonly number[];
  readonly oracle: (x: number) => number;
  readonly domain: readonly [low: number, high: number];
  readonly promise: number;
  /** What `promise` is measured in: units in the last place of the result, or 2^-24 of absolute error. */
  readonly unit: "ulp" | "2^-24";
}

export const VECTOR_FUNCTIONS: readonly VectorFunction[] = [
  entry("exp", Math.exp, [-Infinity, Infinity], 1.5),
  entry("log", Math.log, [0, Infinity], 2),
  entry("expm1", Math.expm1, [-Infinity, 88], 3),
  entry("expm1LessX", expm1LessX, [-1e7, 88], 4),
  entry("log1pUnit", Math.log1p, [0, 1], 2.5),
  entry("log1p", Math.log1p, [-1, Infinity], 3),
  entry("continuousBernoulliLogNorm", logNorm, [-Infinity, Infinity], 6),
  entry("continuousBernoulliLogNormSlope", logNormSlope, [-Infinity, Infinity], 6),
  activationEntry("tanh", Math.tanh, 6),
  activationEntry("sigmoid", (x) => 1 / (1 + Math.exp(-x)), 3),
  activationEntry("softplus", (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), 3),
  activationEntry("elu", (x) => x > 0 ? x : Math.expm1(x), 3),
  { ...entry("cosTwoPi", (u) => Math.cos(2 * Math.PI * u), [0, 1], 1.5), unit: "2^-24" },
  { ...entry("sinTwoPi", (u) => Math.sin(2 * Math.PI * u), [0, 1], 1.5), unit: "2^-24" },
];

function entry(
  name: string,
  oracle: (x: number) => number,
  domain: readonly [number, number],
  promise: number,
): VectorFunction {
  return { name, kernel: name, args: [], oracle, domain, promise, unit: "ulp" };
}

function activationEntry(
  kind: typeof ACTIVATIONS[number],
  oracle: (x: number) => number,
  promise: number,
): VectorFunction {
  const args = [ACTIVATIONS.indexOf(kind)];
  return { ...entry(kind, oracle, [-Infinity, Infinity], promise), kernel: "activation", args };
}

/** e^x - 1 - x; the Taylor series near 0, where float64 would cancel. */
function expm1LessX(x: number): number {
  if (Math.abs(x) > 0.01) return Math.expm1(x) - x;
  return x * x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x * (1 / 720 + x / 5040)))));
}

/** ln (l / tanh(l/2)): the ratio's relative error is below 4e-16, and its logarithm at least ln 2. */
function logNorm(l: number): number {
  if (l === 0) return Math.LN2;
  return Math.abs(l) === Infinity ? Infinity : Math.log(l / Math.tanh(l / 2));
}

/** 1/l - 1/sinh l; the Taylor series near 0, where float64 would cancel. */
function logNormSlope(l: number): number {
  if (Math.abs(l) > 0.05) return 1 / l - 1 / Math.sinh(l);
  return l * (1 / 6 - l * l * (7 / 360 - l * l * (31 / 15120 - l * l * 127 / 604800)));
}

/**
 * The error of `got` in the function's unit. Results below 2^-126 may be flushed to zero; an infinity is correct where
 * the exact value rounds to it.
 */
export function errorOf({ unit }: VectorFunction, got: number, want: number): number {
  if (Object.is(got, Math.fround(want)) || Number.isNaN(got) && Number.isNaN(want)) return 0;
  if (unit === "2^-24") return Math.abs(got - want) * 2 ** 24;
  if (Math.abs(want) < SMALLEST_NORMAL) return Math.abs(got) <= SMALLEST_NORMAL ? 0 : Infinity;
  const exponent = Math.floor(Math.log2(Math.abs(Math.fround(want))));
  const error = Math.abs(got - want) / 2 ** (exponent - 23);
  return Number.isNaN(error) ? Infinity : error;
}

interface Worst {
  readonly error: number;
  readonly at: number;
}

/** The kernels of one build, with memory for arguments and results beyond the program's own. */
class Kernels {
  readonly x: Float32Array;
  readonly #out: Float32Array;
  readonly #exports: WebAssembly.Exports;

  constructor(wasm: Uint8Array) {
    const memory = createMemory();
    const module = new WebAssembly.Module(new Uint8Array(wasm));
    this.#exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
    const base = memory.grow(8 * CHUNK / 65536) * 65536;
    this.x = new Float32Array(memory.buffer, base, CHUNK);
    this.#out = new Float32Array(memory.buffer, base + 4 * CHUNK, CHUNK);
  }

  /** f of the first `count` numbers of `x`. */
  apply({ kernel, args }: VectorFunction, count: number): Float32Array {
    const run = this.#exports[kernel] as (...args: number[]) => void;
    run(this.#out.byteOffset, this.x.byteOffset, count, ...args);
    return this.#out;
  }
}

/** The largest error over every `stride`-th float32 number of the domain. */
function measure(kernels: Kernels, f: VectorFunction, stride: number): Worst {
  let worst: Worst = { error: 0, at: 0 };
  for (let bits = 0; bits < 2 ** 32;) {
    let count = 0;
    for (; count < CHUNK && bits < 2 ** 32; bits += stride) {
      WORD[0] = bits;
      const x = FLOAT[0];
      if (x >= f.domain[0] && x <= f.domain[1]) kernels.x[count++] = x;
    }
    worst = worse(worst, worstOf(kernels, f, count));
  }
  return worst;
}

function worstOf(kernels: Kernels, f: VectorFunction, count: number): Worst {
  const out = kernels.apply(f, count);
  let worst: Worst = { error: 0, at: 0 };
  for (let i = 0; i < count; i++) {
    const error = errorOf(f, out[i], f.oracle(kernels.x[i]));
    if (error > worst.error) worst = { error, at: kernels.x[i] };
  }
  return worst;
}

function worse(a: Worst, b: Worst): Worst {
  return b.error > a.error ? b : a;
}

const WORD = new Uint32Array(1);
const FLOAT = new Float32Array(WORD.buffer);

function report(rows: readonly Row[], stride: number): string {
  const sample = stride === 1 ? "all 2^32 float32 numbers" : `every ${stride}th float32 number`;
  return `# Accuracy of the vector functions

Written by \`scripts/accuracy.ts\` from ${sample} of each domain, against float64.

The unit is the spacing of float32 numbers at the exact result (ulp; a correctly rounded result is
within 0.5), or 2^-24 of absolute error where the column says so. Results below 2^-126 may be
flushed to zero and are not counted. The \`simd\` build gives the same bits on every machine; the
\`relaxed\` build fuses multiply-add where the processor can, and its column is that of a processor
that does. A kernel's result never depends on the element's position.

${markdownTable(HEAD, rows)}

cosTwoPi(u) = cos 2πu, expm1LessX(x) = e^x - 1 - x, log1pUnit(u) = log1p(u) = ln(1 + u); the
continuous Bernoulli's ln C = ln(l / tanh(l/2)) and its slope 1/l - 1/sinh l are functions of a logit.
`;
}

const HEAD: Row = ["function", "domain", "unit", "promised", "simd", "at", "relaxed", "at"];

function row(f: VectorFunction, simd: Worst, relaxed: Worst): Row {
  const cells = [simd, relaxed].flatMap(({ error, at }) => [error.toFixed(2), at.toPrecision(9)]);
  return [f.name, `[${f.domain.join(", ")}]`, f.unit, `${f.promise}`, ...cells];
}

if (import.meta.main) {
  const stride = Deno.args.includes("--all") ? 1 : STRIDE;
  const simd = new Kernels(await compile(ENTRY, "simd"));
  const relaxed = new Kernels(await compile(ENTRY, "relaxed"));
  const rows: Row[] = [];
  for (const f of VECTOR_FUNCTIONS) {
    const worst = [measure(simd, f, stride), measure(relaxed, f, stride)] as const;
    rows.push(row(f, ...worst));
    console.log(...rows.at(-1)!);
    if (worst.some(({ error }) => error > f.promise)) Deno.exitCode = 1;
  }
  await Deno.writeTextFile(new URL("../docs/accuracy.md", import.meta.url), report(rows, stride));
}
