/**
 * The WebAssembly backend: one instance of the kernels and one memory, shared by the programs and segments of a model.
 * A run is one call into WebAssembly, which executes the program's instruction list, alone or with the helpers of
 * `threads.ts`. Writing, running and reading allocate nothing.
 */
import type { Place, Plan } from "../../graph/plan.ts";
import { OPS } from "../../ops/catalogue.ts";
import type { Backend, Live, Segments, WeightFormat } from "../backend.ts";
import { requireForward, requireRows } from "./checks.ts";
import { ChunkedProgram } from "./chunked_program.ts";
import { countRecords, encodePlan } from "./encode.ts";
import { RecordList } from "./record_list.ts";
import { type KernelBuild, type KernelSet, loadKernels } from "./loader.ts";
import { formatFor, PackedWeights } from "./packing.ts";
import { placer, writeConstants } from "./places.ts";
import { Ports } from "./ports.ts";
import type { WasmProgram } from "./program.ts";
import { Allocation, allocationOf, Host, WasmSegment } from "./segment.ts";
import { openThreads, type ThreadOptions } from "./threads/threads.ts";

export type { WasmProgram } from "./program.ts";

export interface WasmOptions extends ThreadOptions {
  /** Which build; default the fastest that the host can run. */
  readonly build?: KernelBuild;
  /** "portable" selects the `simd` build, whose bits are the same on every machine. */
  readonly determinism?: "portable" | "fast";
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
    compile: (plan, segments, weights, chunks = 1) =>
      chunks > 1
        ? new ChunkedProgram(host, plan, segments, chunks)
        : new CompiledProgram(host, plan, set.arrange?.(plan) ?? plan, segments, weights),
    dispose: () => host.close(),
  };
}

function chosenBuild({ build, determinism }: WasmOptions): KernelBuild | undefined {
  if (determinism !== "portable") return build;
  if (build !== "relaxed") return "simd";
  throw new RangeError(
    'Use build "simd" with determinism "portable", got "relaxed", which rounds as the processor does',
  );
}

class CompiledProgram implements WasmProgram {
  readonly plan: Plan;
  readonly #host: Host;
  /** What runs. `plan` is what was asked for: other backends compile it too, and know no arranged instructions. */
  readonly #arranged: Plan;
  readonly #scratch: Allocation;
  readonly #list: Allocation;
  #records: RecordList;
  readonly #ports: Ports;
  readonly #parameters: Allocation;
  readonly #addressOf: (place: Place) => number;
  /** Whether a run changes the parameters. */
  readonly #trains: boolean;
  readonly #packed?: PackedWeights;

  constructor(host: Host, plan: Plan, arranged: Plan, segments: Segments, weights?: WeightFormat) {
    this.plan = plan;
    if (host.forwardOnly) requireForward(plan);
    this.#host = host;
    this.#arranged = arranged;
    const indexOf = placer(host, plan, segments);
    this.#parameters = allocationOf(host, segments.parameters);
    this.#trains = plan.instructions.some(({ op }) => OPS[op].effect);
    this.#scratch = new Allocation(host, plan.scratchLength);
    const scratch = this.#scratch.index("compile");
    const elementOf = (place: Place) => indexOf(place, scratch);
    const addressOf = (place: Place) => 4 * elementOf(place);
    this.#addressOf = addressOf;
    const format = this.#trains ? weights : formatFor(arranged, weights);
    this.#packed = format && new PackedWeights(host, arranged, format, this.#parameters, addressOf);
    const records = encodePlan(arranged, addressOf, this.#packed), count = countRecords(records);
    this.#list = new Allocation(host, records.length);
    this.#records = this.#keep(records);
    this.#ports = new Ports(host.memory, plan, plan.capacity, elementOf);
    writeConstants(host, plan, elementOf);
    const list = 4 * this.#list.index("compile");
    host.threads.startFor(host.memory, list, count, plan.capacity);
  }

  scratch(): Float32Array {
    return this.#scratch.view("look at scratch");
  }

  write(name: string, values: ArrayLike<number>): void {
    this.#scratch.index("write");
    this.#ports.write(name, values);
  }

  run(rows: number): void {
    requireRows(rows, this.plan.capacity);
    const list = 4 * this.#list.index("run");
    if (this.#packed?.packIfStale()) {
      this.#records = this.#keep(encodePlan(this.#arranged, this.#addressOf, this.#packed));
    }
    if (this.#trains) this.#parameters.version++;
    this.#records.run(list, rows);
  }

  #keep(records: Int32Array): RecordList {
    this.#host.memory.u32.set(records, this.#list.index("compile"));
    return new RecordList(this.#host, countRecords(records), this.#arranged);
  }

  read(name: string, into: Float32Array | Float64Array): void {
    this.#scratch.index("read");
    this.#ports.read(name, into);
  }

  live(name: string): Live {
    return this.#ports.live(name);
  }

  dispose(): void {
    this.#scratch.dispose();
    this.#list.dispose();
    this.#packed?.dispose();
  }
}
