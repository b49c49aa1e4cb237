/**
 * The reference backend: runs any plan with textbook loops in float64. It is the oracle of the conformance and gradient
 * tests, and the backend of hosts without WebAssembly.
 *
 * Segments are `Float64Array`s: inputs and parameters are not rounded to float32, and u32 inputs are exact.
 */
import { rowsAt, type Shape, sizeAt } from "../../core/shape.ts";
import type { Instruction, Place, Plan, SegmentName } from "../../graph/plan.ts";
import type { Backend, Segment, Segments, SyncProgram } from "../backend.ts";
import { unsupported } from "../backend.ts";
import { named, requireRange, requireRows, requireWords } from "../checks.ts";
import type { ReferenceKernels } from "./kernels/table.ts";
import type { Kernel, View } from "./kernels/view.ts";

/** A reference program; tests inspect its memory. */
export interface ReferenceProgram extends SyncProgram {
  /** All scratch elements, live. */
  scratch(): Float64Array;
}

/** The refusal for training kernels on a backend built for scoring. */
const TRAINING_REFUSED = unsupported("training needs all kernels: these are those of scoring");

/** A new reference backend; backends share nothing. */
export function openReference(kernels: ReferenceKernels): Backend<ReferenceProgram> {
  return {
    name: "reference",
    details: { precision: "float64" },
    weightFormats: [],
    allocate: (length) => new ReferenceSegment(length),
    compile: (plan, segments) => compile(kernels, plan, segments),
    dispose() {},
  };
}

class ReferenceSegment implements Segment {
  readonly length: number;
  readonly data: Float64Array;

  constructor(length: number) {
    this.length = length;
    this.data = new Float64Array(length);
  }

  write(offset: number, values: ArrayLike<number>): void {
    requireRange("write segment", offset, values.length, this.length);
    this.data.set(values, offset);
  }

  read(offset: number, into: Float32Array | Float64Array): void {
    requireRange("read segment", offset, into.length, this.length);
    into.set(this.data.subarray(offset, offset + into.length));
  }

  dispose(): void {}
}

/** The segments of one program, and views whose row counts are set for each run. */
class Memory {
  readonly scratch: Float64Array;
  readonly #segments: Readonly<Record<SegmentName, Float64Array | undefined>>;
  readonly #capacity: number;
  readonly #views: { readonly view: View; readonly shape: Shape }[] = [];

  constructor({ scratchLength, capacity }: Plan, { parameters, state }: Segments) {
    this.scratch = new Float64Array(scratchLength);
    this.#segments = {
      parameters: dataOf(parameters),
      state: state && dataOf(state),
      scratch: this.scratch,
    };
    this.#capacity = capacity;
  }

  /** @throws RangeError if the place is not within its segment */
  view({ segment, offset, shape }: Place): View {
    const data = this.#segments[segment];
    if (!data) throw new RangeError(`Cannot compile: the plan needs a segment for ${segment}`);
    requireRange(`place ${segment}`, offset, sizeAt(shape, this.#capacity), data.length);
    const view = { data, offset, cols: shape.cols, rows: rowsAt(shape, this.#capacity) };
    this.#views.push({ view, shape });
    return view;
  }

  setBatchRows(batchRows: number): void {
    for (const { view, shape } of this.#views) view.rows = rowsAt(shape, batchRows);
  }
}

function compile(kernels: ReferenceKernels, plan: Plan, segments: Segments): ReferenceProgram {
  const memory = new Memory(plan, segments);
  const steps = plan.instructions.map((each) => stepOf(each, kernels, memory));
  const viewsOf = (places: ReadonlyMap<string, Place>) =>
    new Map([...places].map(([name, place]) => [name, memory.view(place)]));
  const inputs = viewsOf(plan.inputs), outputs = viewsOf(plan.outputs);
  for (const { place: { offset, shape }, value, step } of plan.constants) {
    for (let i = 0; i < shape.cols; i++) memory.scratch[offset + i] = value + step * i;
  }

  return {
    plan,
    scratch: () => memory.scratch,
    write(name, values) {
      const { data, offset } = named(inputs, "write", name);
      const { shape, integer } = plan.inputs.get(name)!;
      requireRange(`write input "${name}"`, 0, values.length, sizeAt(shape, plan.capacity));
      if (integer) requireWords(name, values);
      data.set(values, offset);
    },
    run(rows) {
      requireRows(rows, plan.capacity);
      memory.setBatchRows(rows);
      for (const step of steps) step();
    },
    read(name, into) {
      const { data, offset } = named(outputs, "read", name);
      const limit = sizeAt(plan.outputs.get(name)!.shape, plan.capacity);
      requireRange(`read output "${name}"`, 0, into.length, limit);
      into.set(data.subarray(offset, offset + into.length));
    },
    live(name) {
      const { data, offset } = inputs.get(name) ?? named(outputs, "look at", name);
      const { shape } = (plan.inputs.get(name) ?? plan.outputs.get(name))!;
      return { elements: data.subarray(offset, offset + sizeAt(shape, plan.capacity)) };
    },
    dispose() {},
  };
}

function stepOf(
  { op, attrs, inputs, output }: Instruction,
  kernels: ReferenceKernels,
  memory: Memory,
): () => void {
  const kernel = kernels[op] ?? TRAINING_REFUSED;
  if ("unsupported" in kernel) throw new RangeError(`Cannot run ${op}: ${kernel.unsupported}`);
  // Safe: the plan was made by the typed builder, so operands and attributes match the operation.
  const run = kernel as unknown as Kernel<"add">;
  const out = memory.view(output);
  const views = inputs.map((place) => memory.view(place)) as [View, View];
  return () => run(out, views, attrs);
}

function dataOf(segment: Segment): Float64Array {
  if (segment instanceof ReferenceSegment) return segment.data;
  throw new TypeError("Cannot compile: the segment belongs to another backend");
}
