/**
 * The task of a walk (`stages.ts`): one workgroup per batch row, or one in total.
 *
 *   bindings  all; a walk writes only scratch
 *   dispatch  capacity workgroups ("row"), 1 ("single"), or the rows of the matrix ("each")
 *   limits    rows of a unit beyond the lanes are processed in turn; any number of columns
 *
 * `lanes` threads share a row: the smallest power of two that covers its columns, up to WORKGROUP. Sums of a row are
 * accumulated by each lane in order, then over the lanes as a tree: one fixed order.
 */
import type { Shape } from "../../../core/shape.ts";
import type { Kernel, Position } from "../kernels/kernel.ts";
import { CONTROL_WORDS, WORKGROUP } from "../layout.ts";
import type { Unit } from "../levels.ts";
import { isInRegister, isStored, type Stage } from "../stages.ts";
import type { Operand, Step, Value } from "../values.ts";
import { element, readElement, type Task, Words } from "./task.ts";

const NEGATIVE_INFINITY = `-bitcast<f32>(control[${CONTROL_WORDS.infinity}])`;

export function walkTask(stages: readonly Stage[], unit: Unit, capacity: number): Task {
  const words = new Words();
  const body = stages.map((stage) => new StageWriter(stage, unit, words).write());
  const guard = unit === "row" ? `if (group >= control[${CONTROL_WORDS.rows}]) { return; }\n` : "";
  const groups = { row: capacity, single: 1, each: stages[0].shape.rows, own: 0 }[unit];
  return {
    source: guard + body.join("storageBarrier();\nworkgroupBarrier();\n"),
    words: words.list,
    groups,
  };
}

class StageWriter {
  readonly #stage: Stage;
  readonly #words: Words;
  readonly #unit: Unit;
  readonly #registers = new Map<Value, string>();
  readonly #loads = new Map<string, string>();
  #count = 0;

  constructor(stage: Stage, unit: Unit, words: Words) {
    this.#stage = stage;
    this.#unit = unit;
    this.#words = words;
  }

  write(): string {
    const { shape, steps } = this.#stage;
    const perUnit = this.#unit === "each" ? 1 : shape.rows;
    const lanes = Math.min(WORKGROUP, 2 ** Math.ceil(Math.log2(shape.cols)));
    const words = this.#words;
    const inner = steps[0].kernel.form === "rowwise" ? this.#rowwise(steps[0]) : this.#elements();
    return `{
let rows = ${words.u32(perUnit)};
let cols = ${words.u32(shape.cols)};
let lanes = ${words.u32(lanes)};
let lane = local % lanes;
for (var first = 0u; first < rows; first += WORKGROUP / lanes) {
let inUnit = first + local / lanes;
let row = group * rows + inUnit;
${inner}}
}
`;
  }

  /** Pointwise and indexed steps in one loop over the columns, and the folds of their results. */
  #elements(): string {
    const { steps } = this.#stage;
    const folds = steps.filter(({ kernel }) => kernel.form === "fold");
    const loop = steps.map((step) => this.#step(step, folds.indexOf(step))).join("");
    const start = folds.map((_, i) => `var sum${i} = 0.0;\n`).join("");
    const end = folds.map(({ output }, i) => {
      const target = element(output.value, `${this.#words.u32(output.value.offset)} + row`);
      return `let total${i} = sumOfLanes(sum${i}, local, lanes);
if (lane == 0u && inUnit < rows) { ${target} = total${i}; }
`;
    });
    return `${start}if (inUnit < rows) {
for (var col = lane; col < cols; col += lanes) {
${loop}}
}
${end.join("")}`;
  }

  #step(step: Step, fold: number): string {
    const { kernel, output } = step;
    if (kernel.form === "fold") {
      const { before, expression } = this.#operand(step, step.inputs[0]);
      return `${before}sum${fold} += ${expression};\n`;
    }
    const target = `v${this.#count++}`;
    const code = this.#make(kernel, step, target);
    this.#registers.set(output.value, target);
    if (!isStored(step, this.#stage)) return code;
    const index = `${this.#words.u32(output.value.offset)} + row * cols + col`;
    return `${code}${element(output.value, index)} = ${target};\n`;
  }

  #make(kernel: Kernel, step: Step, target: string): string {
    const { inputs, attrs } = step;
    if (kernel.form === "pointwise") {
      const floats = (kernel.floats?.(attrs) ?? []).map((value) => this.#words.f32(value));
      const operands = inputs.map((operand) => this.#operand(step, operand));
      const stretched = inputs.some(({ shape }) => isOneRow(shape) && !isOneRow(step.output.shape));
      const expressions = operands.map(({ expression }) => expression);
      const call = { floats, attrs, position: this.#position(step, stretched) };
      const before = operands.map((operand) => operand.before).join("");
      return `${before}let ${target} = ${kernel.write(expressions, call, stretched)};\n`;
    }
    if (kernel.form !== "indexed") throw new TypeError(`Cannot run ${step.op}: it is no loop`);
    const words = kernel.words(attrs, inputs.map(({ shape }) => shape));
    const read = (i: number, row: string, col: string) => this.#read(inputs[i], row, col);
    const isKeyed = inputs[0].value.home === "control";
    return kernel.write(target, {
      read,
      words: words.map((value) => this.#words.u32(value)),
      position: this.#position(step, false),
      controlWord: isKeyed ? this.#words.u32(inputs[0].value.offset) : "",
    }) + "\n";
  }

  /** The text contains the number of rows only if it is used. */
  #position({ output: { shape } }: Step, needsRows: boolean): Position {
    return { row: "row", col: "col", rows: needsRows ? this.#words.rows(shape) : "rows" };
  }

  /** An operand at (row, col): a register, or a load that is made only once. */
  #operand(step: Step, operand: Operand): { before: string; expression: string } {
    const register = isInRegister(step, operand) && this.#registers.get(operand.value);
    if (register) return { before: "", expression: register };
    const { value: { home, offset }, shape } = operand;
    const key = `${home} ${offset} ${isOneRow(shape)} ${shape.cols}`;
    const known = this.#loads.get(key);
    if (known) return { before: "", expression: known };
    const name = `v${this.#count++}`;
    this.#loads.set(key, name);
    return { before: `let ${name} = ${this.#stretched(operand)};\n`, expression: name };
  }

  /** The element at (row, col), with one row or one column broadcast. */
  #stretched({ value, shape }: Operand): string {
    const full = this.#stage.shape;
    const oneRow = isOneRow(shape) && !isOneRow(full), oneCol = shape.cols === 1 && full.cols !== 1;
    const start = this.#words.u32(value.offset);
    const down = this.#words.u32(oneRow ? 0 : shape.cols), along = this.#words.u32(oneCol ? 0 : 1);
    return readElement(value, `${start} + row * ${down} + col * ${along}`);
  }

  #read({ value, shape }: Operand, row: string, col: string): string {
    const start = this.#words.u32(value.offset), width = this.#words.u32(shape.cols);
    return readElement(value, `${start} + ${row} * ${width} + ${col}`);
  }

  /** log-sum-exp and softmax: the maximum, then the sum of exponentials, then the result. */
  #rowwise(step: Step): string {
    const { kernel, inputs: [x], output } = step;
    const value = this.#read(x, "row", "col"), out = this.#words.u32(output.value.offset);
    const loop = (body: string) =>
      `if (inUnit < rows) { for (var col = lane; col < cols; col += lanes) { ${body} } }\n`;
    const result = kernel.form === "rowwise" && kernel.result === "row"
      ? loop(
        `${
          element(output.value, `${out} + row * cols + col`)
        } = exponential(${value} - largest) / total;`,
      )
      : `if (lane == 0u && inUnit < rows) {
var result = largest;
if (isFinite(largest)) { result += logarithm(total); }
${element(output.value, `${out} + row`)} = result;
}
`;
    return `var most = ${NEGATIVE_INFINITY};
${loop(`most = max(most, ${value});`)}let largest = largestOfLanes(most, local, lanes);
var sum = 0.0;
${loop(`sum += exponential(${value} - largest);`)}let total = sumOfLanes(sum, local, lanes);
${result}`;
  }
}

const isOneRow = ({ rows, batched }: Shape): boolean => rows === 1 && !batched;
