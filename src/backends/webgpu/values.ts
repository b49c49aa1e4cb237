/**
 * A plan as values and steps. The plan's places are undone: each result is a separate value, written once, so that only
 * true dependencies order the steps; `placement.ts` allocates memory again, by level.
 *
 * A squared norm, or a product with long sums, becomes two steps: partial sums by many workgroups, then the sum of
 * those.
 */
import { rowsAt, type Shape, sizeAt } from "../../core/shape.ts";
import type { Instruction, Place, Plan, SegmentName } from "../../graph/plan.ts";
import type { OpName } from "../../ops/names.ts";
import { OPS } from "../../ops/catalogue.ts";
import type { Attributes } from "../../ops/spec.ts";
import type { Kernel } from "./kernels/kernel.ts";
import { NORM_SPAN, sumPartsOf } from "./sum_parts.ts";
import { kernelOf } from "./kernels/table.ts";
import { CONTROL_WORDS } from "./layout.ts";

/** A value that is computed once, or given. */
export interface Value {
  readonly home: SegmentName | "control";
  /** Offset in words from the start of its home; for scratch values, set by `placement.ts`. */
  offset: number;
  /** Elements, for a full batch. */
  readonly size: number;
  readonly producer?: Step;
  readonly readers: Step[];
  /** Whether it is read or written from outside, and so lives as long as the program. */
  isPermanent: boolean;
}

/** A step's view of a value: views change the shape, not the value. */
export interface Operand {
  readonly value: Value;
  readonly shape: Shape;
}

export interface Step {
  readonly op: OpName;
  readonly kernel: Kernel;
  readonly attrs: Attributes;
  readonly inputs: readonly Operand[];
  /** For an update, this is its first input. */
  readonly output: Operand;
  /** Set by `levels.ts`. */
  level: number;
}

export interface Values {
  readonly steps: readonly Step[];
  readonly all: readonly Value[];
  readonly inputs: ReadonlyMap<string, Value>;
  readonly outputs: ReadonlyMap<string, Value>;
  readonly constants: readonly Value[];
  /** Words of `control`. */
  readonly controlLength: number;
}

export function valuesOf(plan: Plan): Values {
  const builder = new Builder(plan);
  for (const instruction of plan.instructions) builder.add(instruction);
  return builder.finish();
}

class Builder {
  readonly #plan: Plan;
  readonly #all: Value[] = [];
  readonly #steps: Step[] = [];
  readonly #inputs = new Map<string, Value>();
  readonly #constants: Value[];
  /** The value currently at each place. */
  readonly #current = new Map<string, Value>();
  #controlLength: number = CONTROL_WORDS.inputs;

  constructor(plan: Plan) {
    this.#plan = plan;
    for (const [name, place] of plan.inputs) {
      const size = sizeAt(place.shape, plan.capacity);
      const value = place.integer
        ? this.#value("control", size, this.#controlLength)
        : this.#value("scratch", size);
      if (place.integer) this.#controlLength += size;
      value.isPermanent = true;
      this.#inputs.set(name, value);
      this.#current.set(keyOf(place), value);
    }
    this.#constants = plan.constants.map(({ place }) => {
      const value = this.#value("scratch", sizeAt(place.shape, plan.capacity));
      value.isPermanent = true;
      this.#current.set(keyOf(place), value);
      return value;
    });
  }

  add({ op, attrs, inputs, output }: Instruction): void {
    const operands = inputs.map((place) => ({ value: this.#at(place), shape: place.shape }));
    const kernel = kernelOf(op);
    if (OPS[op].effect) this.#step(op, kernel, attrs, operands, operands[0]);
    else if (kernel.form === "norm") this.#addNorm(op, kernel, attrs, operands, output);
    else if (op === "matmul" && attrs.transposeA) {
      this.#addOverRows(op, kernel, attrs, operands, output);
    } else this.#result(op, kernel, attrs, operands, output);
  }

  finish(): Values {
    const outputs = new Map([...this.#plan.outputs].map(([name, place]) => {
      const value = this.#at(place);
      value.isPermanent = true;
      return [name, value];
    }));
    return {
      steps: this.#steps,
      all: this.#all,
      inputs: this.#inputs,
      outputs,
      constants: this.#constants,
      controlLength: this.#controlLength,
    };
  }

  #addNorm(
    op: OpName,
    kernel: Kernel,
    attrs: Attributes,
    [x]: readonly Operand[],
    output: Place,
  ): void {
    const partials = Math.ceil(x.value.size / NORM_SPAN);
    if (partials === 1) return void this.#result(op, kernel, attrs, [x], output);
    const shape = { rows: 1, cols: partials, batched: false };
    const sums = { value: this.#value("scratch", partials, 0, () => producer), shape };
    const producer: Step = this.#step(op, kernel, attrs, [x], sums);
    this.#result("sumCols", kernelOf("sumCols"), {}, [sums], output);
  }

  /** A product whose inner dimension is the operands' rows, usually those of the batch. */
  #addOverRows(
    op: OpName,
    kernel: Kernel,
    attrs: Attributes,
    inputs: readonly Operand[],
    output: Place,
  ): void {
    const { rows, cols } = output.shape, terms = rowsAt(inputs[0].shape, this.#plan.capacity);
    const parts = sumPartsOf(terms, rows, cols);
    if (parts === 1) return void this.#result(op, kernel, attrs, inputs, output);
    const shape = { rows: parts, cols: rows * cols, batched: false };
    const sums = { value: this.#value("scratch", sizeAt(shape, 1), 0, () => producer), shape };
    const producer: Step = this.#step(op, kernel, attrs, inputs, sums);
    this.#result("sumRows", kernelOf("sumRows"), { mean: false }, [sums], output);
  }

  #result(
    op: OpName,
    kernel: Kernel,
    attrs: Attributes,
    inputs: readonly Operand[],
    place: Place,
  ): void {
    const size = sizeAt(place.shape, this.#plan.capacity);
    const value = this.#value("scratch", size, 0, () => step);
    const step: Step = this.#step(op, kernel, attrs, inputs, { value, shape: place.shape });
    this.#current.set(keyOf(place), value);
  }

  #step(
    op: OpName,
    kernel: Kernel,
    attrs: Attributes,
    inputs: readonly Operand[],
    output: Operand,
  ): Step {
    const step = { op, kernel, attrs, inputs, output, level: 0 };
    for (const { value } of inputs) value.readers.push(step);
    this.#steps.push(step);
    return step;
  }

  #value(home: Value["home"], size: number, offset = 0, producer?: () => Step): Value {
    const value: Value = {
      home,
      offset,
      size,
      readers: [],
      isPermanent: false,
      get producer() {
        return producer?.();
      },
    };
    this.#all.push(value);
    return value;
  }

  /** Shared segments are written from outside: each of their places is one value. */
  #at(place: Place): Value {
    const key = keyOf(place), known = this.#current.get(key);
    if (known) return known;
    const value = this.#value(
      place.segment,
      sizeAt(place.shape, this.#plan.capacity),
      place.offset,
    );
    value.isPermanent = true;
    this.#current.set(key, value);
    return value;
  }
}

const keyOf = ({ segment, offset }: Place): string => `${segment} ${offset}`;
