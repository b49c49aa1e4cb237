/** Builds the steps of an exported program: one method per primitive, and common combinations of them. */
import { broadcastShapes, fixed, type Shape } from "../../core/shape.ts";
import type { Fused, Primitive, Step, Value, Weight } from "./primitives.ts";

type StepDetails = Pick<Step, "transpose" | "columns" | "count"> & Pick<Value, "double">;

export class Emitter {
  readonly steps: Step[] = [];
  readonly weights = new Map<string, Weight>();
  readonly #fused: ReadonlySet<Fused>;

  /** @param fused the primitives that the format has beyond the smallest set */
  constructor(fused: readonly Fused[]) {
    this.#fused = new Set(fused);
  }

  has(kind: Fused): boolean {
    return this.#fused.has(kind);
  }

  /** A constant or a parameter, stored once: to use it again, ask for it again. */
  weight(name: string, shape: Shape, data: Float32Array | Float64Array): Value {
    const double = data instanceof Float64Array, known = this.weights.get(name);
    if (known && !isEqual(known.data, data)) {
      throw new RangeError(`Cannot export: two different weights have the name "${name}"`);
    }
    if (!known) this.weights.set(name, { name, shape, double, data });
    return { name, shape, double };
  }

  /** Numbers of the table model, `[1, n]`, float64. */
  row(name: string, data: ArrayLike<number>): Value {
    return this.weight(`table.${name}`, fixed(1, data.length), Float64Array.from(data));
  }

  /** 0 … count - 1, `[1, count]`, float64. */
  places(count: number): Value {
    return this.row(`places.${count}`, [...Array(count).keys()]);
  }

  /** A number, `[1, 1]`. */
  number(value: number): Value {
    return this.weight(`constant/${value}`, fixed(1, 1), Float32Array.of(value));
  }

  /** A constant matrix; equal constants share a name and are stored once. */
  matrix(name: string, rows: number, cols: number, at: (r: number, c: number) => number): Value {
    const data = Float32Array.from(
      { length: rows * cols },
      (_, i) => at(Math.floor(i / cols), i % cols),
    );
    return this.weight(`constant/${name}`, fixed(rows, cols), data);
  }

  /** Numbers of the table model, `[rows, cols]`, row-major, float64. */
  table(name: string, rows: number, cols: number, data: Float64Array): Value {
    return this.weight(`table.${name}`, fixed(rows, cols), data);
  }

  unary(
    kind:
      | ("exp" | "log" | "tanh" | "sigmoid" | "relu" | "softplus" | "elu" | "softmax" | "identity")
      | ("floor" | "cos" | "sqrt"),
    x: Value,
  ): Value {
    return this.#push(kind, [x], x.shape);
  }

  binary(
    kind: "add" | "sub" | "mul" | "div" | "max" | "min" | "less" | "equal",
    a: Value,
    b: Value,
  ): Value {
    return this.#push(kind, [a, b], broadcastShapes("export", [a.shape, b.shape]));
  }

  add = (a: Value, b: Value): Value => this.binary("add", a, b);
  sub = (a: Value, b: Value): Value => this.binary("sub", a, b);
  mul = (a: Value, b: Value): Value => this.binary("mul", a, b);
  div = (a: Value, b: Value): Value => this.binary("div", a, b);
  max = (a: Value, b: Value): Value => this.binary("max", a, b);
  min = (a: Value, b: Value): Value => this.binary("min", a, b);
  exp = (x: Value): Value => this.unary("exp", x);
  log = (x: Value): Value => this.unary("log", x);

  /** `yes` where the mask is 1, `no` where it is 0; either may be NaN where it is not selected. */
  select(mask: Value, yes: Value, no: Value): Value {
    const shape = broadcastShapes("export", [mask.shape, yes.shape, no.shape]);
    return this.#push("select", [mask, yes, no], shape, { double: yes.double });
  }

  /** Converts float64 to float32. */
  round(x: Value): Value {
    return this.#push("round", [x], x.shape, { double: false });
  }

  /** Converts float32 to float64. */
  widen(x: Value): Value {
    return this.#push("widen", [x], x.shape, { double: true });
  }

  /** scale · x + offset */
  affine(x: Value, scale: number, offset = 0): Value {
    const scaled = scale === 1 ? x : this.mul(x, this.number(scale));
    return offset === 0 ? scaled : this.add(scaled, this.number(offset));
  }

  matmul(a: Value, b: Value, transpose: readonly [boolean, boolean] = [false, false]): Value {
    const rows = transpose[0] ? fixed(a.shape.cols, 0) : a.shape;
    const cols = transpose[1] ? b.shape.rows : b.shape.cols;
    return this.#push("matmul", [a, b], { ...rows, cols }, { transpose });
  }

  gemm(x: Value, weight: Value, bias: Value): Value {
    if (!this.has("gemm")) return this.add(this.matmul(x, weight), bias);
    return this.#push("gemm", [x, weight, bias], { ...x.shape, cols: weight.shape.cols });
  }

  reduce(kind: "sumRows" | "sumCols" | "maxCols", x: Value): Value {
    const shape = kind === "sumRows" ? fixed(1, x.shape.cols) : { ...x.shape, cols: 1 };
    return this.#push(kind, [x], shape);
  }

  /** The k-th smallest value of each row; k is at most its width. */
  kthSmallest(x: Value, count: number): Value {
    const shape = { ...x.shape, cols: 1 };
    if (this.has("kthLeast")) return this.#push("kthLeast", [x], shape, { count });
    return this.#kthSmallest(x, count);
  }

  /** Removes the smallest value, with all that equal it, until k are removed. */
  #kthSmallest(x: Value, count: number): Value {
    const minus = this.row("minus", [-1]), far = this.row("far", [1e300]);
    const zero = this.row("zero", [0]);
    let left = x, remaining = this.row(`count.${count}`, [count]), result = remaining;
    for (let k = 0; k < count; k++) {
      const smallest = this.mul(this.reduce("maxCols", this.mul(left, minus)), minus);
      const isSmallest = this.binary("equal", left, smallest);
      // Once enough are removed, the result stays.
      result = k === 0
        ? smallest
        : this.select(this.binary("less", zero, remaining), smallest, result);
      remaining = this.sub(remaining, this.reduce("sumCols", isSmallest));
      left = this.select(isSmallest, far, left);
    }
    return result;
  }

  /** A mask with 1 at the first of the largest values of each row; `largest` are those values. */
  isFirstLargest(x: Value, largest: Value = this.reduce("maxCols", x)): Value {
    const { cols } = x.shape, isLargest = this.binary("equal", x, largest);
    const backwards = this.row(`backwards.${cols}`, Array.from({ length: cols }, (_, i) => -i));
    const candidates = this.select(isLargest, backwards, this.row(`beyond.${cols}`, [-cols]));
    return this.binary("equal", backwards, this.reduce("maxCols", candidates));
  }

  concat(parts: readonly Value[]): Value {
    if (parts.length === 1) return parts[0];
    const cols = parts.reduce((sum, { shape }) => sum + shape.cols, 0);
    return this.#push("concat", parts, { ...parts[0].shape, cols });
  }

  slice(x: Value, start: number, count: number): Value {
    return this.#push("slice", [x], { ...x.shape, cols: count }, { columns: [start, count] });
  }

  reshape(x: Value, shape: Shape): Value {
    return this.#push("reshape", [x], shape);
  }

  /** ln(1 + x), relatively accurate near 0: ln u - ((u - 1) - x) / u for the rounded u = 1 + x. */
  log1p(x: Value): Value {
    const u = this.affine(x, 1, 1);
    return this.sub(this.log(u), this.div(this.sub(this.affine(u, 1, -1), x), u));
  }

  /** |x| */
  abs(x: Value): Value {
    return this.max(x, this.affine(x, -1));
  }

  #push(
    kind: Primitive,
    inputs: readonly Value[],
    shape: Shape,
    { double = inputs[0].double, ...more }: StepDetails = {},
  ): Value {
    const output = { name: `v${this.steps.length}`, shape, double };
    this.steps.push({ kind, inputs, output, ...more });
    return output;
  }
}

function isEqual(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true;
  return a.length === b.length && Array.from(a).every((each, i) => Object.is(each, b[i]));
}
