/**
 * The WebAssembly backend: one instance of the kernels and one memory, shared by the programs and
 * segments of a model. A run is one call into WebAssembly, which walks the program's instruction
 * list, alone or with the helpers of `threads.ts`; writing, running and reading allocate nothing.
 */
import { sizeAt } from "../../core/shape.ts";
import type { Place, Plan } from "../../graph/plan.ts";
import { OPS } from "../../ops/catalogue.ts";
import type { Backend, Live, Segments, SyncProgram, WeightFormat } from "../backend.ts";
import { named, requireRange, requireRows, requireWords } from "../checks.ts";
import { encodePlan } from "./encode.ts";
import { requireForward } from "./forward_only.ts";
import { type KernelBuild, type KernelSet, loadKernels } from "./loader.ts";
import { LiveView, ReadWindow } from "./memory.ts";
import { PackedWeights } from "./packing.ts";
import { Allocation, allocationOf, Host, WasmSegment } from "./segment.ts";
import { openThreads, type ThreadOptions } from "./threads.ts";

export interface WasmOptions extends ThreadOptions {
  /** Which build; without it, the fastest that the host can run. */
  readonly build?: KernelBuild;
  /** "portable" takes the `simd` build, whose bits are the same on every machine. */
  readonly determinism?: "portable" | "fast";
}

/** A program whose memory the tests may look at. */
export interface WasmProgram extends SyncProgram {
  /** All scratch elements, live until the memory next grows. */
  scratch(): Float32Array;
}

/** @throws DOMException or TypeError if this host cannot run the kernels; see `loadKernels` */
export function openWasm(set: KernelSet, options: WasmOptions = {}): Backend<WasmProgram> {
  const kernels = loadKernels(set, chosenBuild(options)), { build, forwardOnly } = kernels;
  const threads = openThreads(kernels, set, options), host = new Host(threads, forwardOnly);
  return {
    name: "wasm",
    get details() {
      const determinism = build === "simd" ? "portable" : "fast";
      const { count, reason } = threads;
      return { build, determinism, threads: count, ...(reason && { reason }) };
    },
    ready: () => threads.ready(),
    allocate: (length) => new WasmSegment(host, length),
    weightFormats: ["f32", "bf16"],
    compile: (plan, segments, weights) => new CompiledProgram(host, plan, segments, weights),
    dispose: () => host.close(),
  };
}

function chosenBuild({ build, determinism }: WasmOptions): KernelBuild | undefined {
  if (determinism !== "portable") return build;
  if (build !== "relaxed") return "simd";
  throw new RangeError(
    'Use build "simd" with determinism "portable": current value is "relaxed", which rounds as the processor does',
  );
}

interface Input {
  readonly index: number;
  readonly limit: number;
  readonly integer: boolean;
}

interface Output {
  readonly index: number;
  readonly window: ReadWindow;
  readonly limit: number;
}

class CompiledProgram implements WasmProgram {
  readonly #host: Host;
  readonly #scratch: Allocation;
  readonly #list: Allocation;
  readonly #inputs: ReadonlyMap<string, Input>;
  readonly #outputs: ReadonlyMap<string, Output>;
  readonly #parameters: Allocation;
  /** Whether a run changes the parameters. */
  readonly #trains: boolean;
  readonly #packed?: PackedWeights;

  constructor(host: Host, readonly plan: Plan, segments: Segments, weights?: WeightFormat) {
    if (host.forwardOnly) requireForward(plan);
    const indexOf = placer(host, plan, segments);
    this.#parameters = allocationOf(host, segments.parameters);
    this.#trains = plan.instructions.some(({ op }) => OPS[op].effect);
    this.#host = host;
    this.#scratch = new Allocation(host, plan.scratchLength);
    const scratch = this.#scratch.index("compile");
    const elementOf = (place: Place) => indexOf(place, scratch);
    const addressOf = (place: Place) => 4 * elementOf(place);
    this.#packed = weights && new PackedWeights(host, plan, weights, this.#parameters, addressOf);
    const records = encodePlan(plan, addressOf, this.#packed);
    this.#list = new Allocation(host, records.length);
    host.memory.u32.set(records, this.#list.index("compile"));
    const limit = ({ shape }: Place) => sizeAt(shape, plan.capacity);
    this.#inputs = new Map([...plan.inputs].map(([name, place]) => {
      const { integer } = place;
      return [name, { index: elementOf(place), limit: limit(place), integer }];
    }));
    this.#outputs = new Map([...plan.outputs].map(([name, place]) => {
      const index = elementOf(place), window = new ReadWindow(host.memory, index);
      return [name, { index, window, limit: limit(place) }];
    }));
    for (const { place, value, step } of plan.constants) {
      const first = elementOf(place);
      for (let i = 0; i < place.shape.cols; i++) host.memory.f32[first + i] = value + step * i;
    }
    const list = 4 * this.#list.index("compile");
    host.threads.startFor(host.memory, list, plan.instructions.length, plan.capacity);
  }

  scratch(): Float32Array {
    const first = this.#scratch.index("look at scratch");
    return this.#host.memory.f32.subarray(first, first + this.#scratch.length);
  }

  write(name: string, values: ArrayLike<number>): void {
    this.#scratch.index("write");
    const { index, limit, integer } = named(this.#inputs, "write", name);
    if (values.length > limit) requireRange(`write input "${name}"`, 0, values.length, limit);
    if (integer) requireWords(name, values);
    const { memory } = this.#host;
    if (integer) memory.u32.set(values, index);
    else memory.f32.set(values, index);
  }

  run(rows: number): void {
    requireRows(rows, this.plan.capacity);
    const list = 4 * this.#list.index("run");
    this.#packed?.follow();
    if (this.#trains) this.#parameters.version++;
    this.#host.run(list, this.plan.instructions.length, rows);
  }

  read(name: string, into: Float32Array | Float64Array): void {
    this.#scratch.index("read");
    const { window, limit } = named(this.#outputs, "read", name);
    if (into.length > limit) requireRange(`read output "${name}"`, 0, into.length, limit);
    window.copyTo(into);
  }

  live(name: string): Live {
    const place = this.#inputs.get(name) ?? named(this.#outputs, "look at", name);
    const { index, limit } = place;
    return new LiveView(this.#host.memory, index, limit);
  }

  dispose(): void {
    this.#scratch.dispose();
    this.#list.dispose();
    this.#packed?.dispose();
  }
}

/** Finds the element at which a place begins, given where the scratch memory does. */
function placer(host: Host, plan: Plan, { parameters, state }: Segments) {
  const shared = {
    parameters: allocationOf(host, parameters),
    state: state && allocationOf(host, state),
  };
  return ({ segment, offset, shape }: Place, scratch: number): number => {
    const length = segment === "scratch" ? plan.scratchLength : shared[segment]?.length;
    if (length === undefined) {
      throw new RangeError(`Cannot compile: the plan needs a segment for ${segment}`);
    }
    requireRange(`place ${segment}`, offset, sizeAt(shape, plan.capacity), length);
    return offset + (segment === "scratch" ? scratch : shared[segment]!.index("compile"));
  };
}
