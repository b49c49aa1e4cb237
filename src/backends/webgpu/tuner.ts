/**
 * Chooses tiles by measurement. For each large product of a plan, every tile of `HARDWARE_TILES` multiplies matrices of
 * that size, is checked against float64 sums on the host, and is timed. The fastest correct one is kept by adapter and
 * shape, in a map of plain data that the caller may save.
 *
 * A wait for the GPU takes longer than most products. So a submit runs many of them; their number is doubled until the
 * submit takes `MIN_MILLISECONDS` longer than one product with its wait. That difference gives the time per product.
 *
 * A tile is correct if 64 elements, spread over the output, are within (k + 4) 2^-24 Σ|terms|.
 *
 * Limits: operands are random numbers in [-1, 1). Products with fewer than `MIN_OPERATIONS` are not measured, because
 * launches, not tiles, determine their time.
 */
import { type Shape, sizeAt } from "../../core/shape.ts";
import { HostRandom } from "../../core/random/philox.ts";
import type { Place, Plan } from "../../graph/plan.ts";
import type { Attributes } from "../../ops/spec.ts";
import type { Program } from "../backend.ts";
import { type Extents, extentsOf } from "./tasks/extents.ts";
import type { Tile } from "./tasks/product.ts";
import { type ChooseTile, HARDWARE_TILES, type TileName, TILES } from "./tiles.ts";
import { type Step, valuesOf } from "./values.ts";

/** Operations from which a product is measured. */
const MIN_OPERATIONS = 1e7;

/**
 * Submits per measurement (the shortest counts), maximum products per submit, and minimum milliseconds they should
 * take.
 */
const SUBMITS_PER_MEASUREMENT = 3, MAX_PRODUCTS_PER_SUBMIT = 128, MIN_MILLISECONDS = 5;

/** Elements to compare. */
const COMPARED_ELEMENTS = 64;

/** A program that can run several times in one submit. */
export interface RepeatedProgram extends Program {
  run(rows: number, times?: number): void;
}

export interface TunerOptions {
  /** Name of the device in the keys of `choices`. */
  readonly adapter: string;
  /** Earlier results, by adapter and shape. */
  readonly choices: Map<string, string>;
  /** Compiles a plan with one tile for all of its products. */
  readonly compile: (plan: Plan, tile: Tile) => RepeatedProgram;
  /** A monotonic clock in milliseconds. */
  readonly clock: () => number;
  readonly fallback: ChooseTile;
  /** Default `MIN_OPERATIONS`. */
  readonly minOperations?: number;
}

interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export class Tuner {
  readonly #options: TunerOptions;

  constructor(options: TunerOptions) {
    this.#options = options;
  }

  /** The measured tile of a product, or the fallback. */
  readonly choose: ChooseTile = (extents, capacity) => {
    const { choices, fallback } = this.#options;
    const found = choices.get(this.#key(extents, capacity));
    const isKnown = found !== undefined && Object.hasOwn(TILES, found);
    return isKnown ? TILES[found as TileName] : fallback(extents, capacity);
  };

  /** Measures those products of a plan that have not been measured. */
  async tune(plan: Plan): Promise<void> {
    const { choices, minOperations = MIN_OPERATIONS } = this.#options;
    for (const step of valuesOf(plan).steps) {
      if (step.kernel.form !== "product") continue;
      const extents = extentsOf(step), key = this.#key(extents, plan.capacity);
      const product = productOf(step, extents, plan.capacity);
      if (choices.has(key) || 2 * product.rows * product.inner * product.cols < minOperations) {
        continue;
      }
      const fastest = await this.#fastest(product);
      if (fastest) choices.set(key, fastest);
    }
  }

  #key(extents: Extents, capacity: number): string {
    const height = sizeAt({ ...extents.rows, cols: 1 }, capacity);
    const inner = sizeAt({ ...extents.inner, cols: 1 }, capacity);
    return `${this.#options.adapter}: ${height} × ${inner} × ${extents.cols}${extents.transposes}`;
  }

  async #fastest(product: Product): Promise<TileName | undefined> {
    const operands = drawOperands(product);
    let best: { readonly name: TileName; readonly time: number } | undefined;
    for (const name of HARDWARE_TILES) {
      const time = await this.#time(product, operands, TILES[name]);
      if (time !== undefined && !(best && best.time <= time)) best = { name, time };
    }
    return best?.name;
  }

  /** Milliseconds per product; undefined if it computes wrongly. */
  async #time(
    product: Product,
    { a, b }: Operands,
    tile: Tile,
  ): Promise<number | undefined> {
    const program = this.#options.compile(planOf(product), tile);
    try {
      program.write("a", a);
      program.write("b", b);
      const result = new Float32Array(product.rows * product.cols);
      program.run(1);
      await program.read("product", result);
      return isCorrect(product, { a, b }, result) ? await this.#timeOne(program) : undefined;
    } finally {
      program.dispose();
    }
  }

  /** Milliseconds per run, without the wait. */
  async #timeOne(program: RepeatedProgram): Promise<number> {
    const first = new Float32Array(1), { clock } = this.#options;
    const submit = async (times: number) => {
      const start = clock();
      program.run(1, times);
      await program.read("product", first);
      return clock() - start;
    };
    const shortest = async (times: number) => {
      let minimum = Infinity;
      for (let i = 0; i < SUBMITS_PER_MEASUREMENT; i++) {
        minimum = Math.min(minimum, await submit(times));
      }
      return minimum;
    };
    const single = await shortest(1);
    let times = 2;
    while (times < MAX_PRODUCTS_PER_SUBMIT && await submit(times) - single < MIN_MILLISECONDS) {
      times *= 2;
    }
    return (await shortest(times) - single) / (times - 1);
  }
}

interface Operands {
  readonly a: Float32Array;
  readonly b: Float32Array;
}

function productOf({ attrs, op }: Step, { rows, inner, cols }: Extents, capacity: number): Product {
  const height = (shape: Shape) => sizeAt({ ...shape, cols: 1 }, capacity);
  const is = (name: string) => op === "matmul" && (attrs as Attributes)[name] === true;
  return {
    ...{ rows: height(rows), inner: height(inner), cols },
    ...{ transposeA: is("transposeA"), transposeB: is("transposeB") },
  };
}

function drawOperands({ rows, inner, cols }: Product): Operands {
  const random = new HostRandom(1, rows, inner);
  const draw = (length: number) => Float32Array.from({ length }, () => 2 * random.uniformF32() - 1);
  return { a: draw(rows * inner), b: draw(inner * cols) };
}

/** One product as a plan of one batch row. */
function planOf({ rows, inner, cols, transposeA, transposeB }: Product): Plan {
  let offset = 0;
  const place = (r: number, c: number): Place => {
    const at = offset;
    offset += r * c;
    return { segment: "scratch", offset: at, shape: { rows: r, cols: c, batched: false } };
  };
  const a = transposeA ? place(inner, rows) : place(rows, inner);
  const b = transposeB ? place(cols, inner) : place(inner, cols);
  const output = place(rows, cols);
  return {
    capacity: 1,
    instructions: [{ op: "matmul", attrs: { transposeA, transposeB }, inputs: [a, b], output }],
    inputs: new Map([["a", { ...a, integer: false }], ["b", { ...b, integer: false }]]),
    outputs: new Map([["product", output]]),
    constants: [],
    scratchLength: offset,
  };
}

function isCorrect(product: Product, { a, b }: Operands, got: Float32Array): boolean {
  const { rows, inner, cols, transposeA, transposeB } = product;
  for (let e = 0; e < COMPARED_ELEMENTS; e++) {
    // Two corners, and elements at a stride that is coprime to most sizes.
    const at = e === 0 ? 0 : e === 1 ? got.length - 1 : (e * 1_000_003) % got.length;
    const i = Math.floor(at / cols), j = at % cols;
    let sum = 0, size = 0;
    for (let k = 0; k < inner; k++) {
      const left = a[transposeA ? k * rows + i : i * inner + k];
      const term = left * b[transposeB ? j * inner + k : k * cols + j];
      sum += term;
      size += Math.abs(term);
    }
    if (!(Math.abs(got[at] - sum) <= (inner + 4) * 2 ** -24 * size)) return false;
  }
  return true;
}
