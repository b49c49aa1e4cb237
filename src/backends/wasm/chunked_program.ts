/**
 * A program over many rows in one call. `assembly/program.ts` runs the plan's list over chunks of its capacity, alone
 * or with helpers; each thread has its own scratch memory. The rows of all chunks are stored together, and so are the
 * results.
 */
import type { Place, Plan } from "../../graph/plan.ts";
import { OPS } from "../../ops/catalogue.ts";
import type { Live, Segments } from "../backend.ts";
import { RECORD_WORDS, THREAD_LIST_COPY_WORDS, THREAD_LIST_HEAD_WORDS } from "./abi.ts";
import { requireForward, requireRows } from "./checks.ts";
import { countRecords, encodePlan, encodeRecords } from "./encode.ts";
import { RecordList } from "./record_list.ts";
import { formatFor, PackedWeights } from "./packing.ts";
import { placer, writeConstants } from "./places.ts";
import { Ports } from "./ports.ts";
import type { WasmProgram } from "./program.ts";
import { Allocation, allocationOf, type Host } from "./segment.ts";
import { CHUNKS_SPLIT, picosecondsOfRow } from "./split.ts";

/** Offsets are multiples of this many elements: a cache line. */
const ALIGNMENT = 16;

export class ChunkedProgram implements WasmProgram {
  readonly plan: Plan;
  readonly capacity: number;
  readonly #external: Allocation;
  readonly #scratch: Allocation;
  readonly #threadLists: Allocation;
  readonly #list: Allocation;
  readonly #chunks: RecordList;
  readonly #ports: Ports;
  readonly #packed?: PackedWeights;

  /**
   * @param plan has no effects; its inputs have a row for each batch row
   * @param chunks the maximum number of chunks, each of the plan's capacity
   */
  constructor(host: Host, plan: Plan, segments: Segments, chunks: number) {
    this.plan = plan;
    requireChunks(host, plan);
    this.capacity = plan.capacity * chunks;
    const ports = [...new Set([...plan.inputs.values(), ...plan.outputs.values()])];
    this.#external = new Allocation(host, aligned(...ports.map((port) => this.#lengthOf(port))));
    const external = new Map<Place, number>();
    let next = this.#external.index("compile");
    for (const port of ports) {
      external.set(port, next);
      next += aligned(this.#lengthOf(port));
    }
    this.#ports = new Ports(host.memory, plan, this.capacity, (port) => external.get(port)!);
    const threads = host.threads.maxCount;
    const scratchLength = aligned(plan.scratchLength);
    this.#scratch = new Allocation(host, threads * scratchLength);
    const threadListLength = THREAD_LIST_HEAD_WORDS + THREAD_LIST_COPY_WORDS * ports.length +
      RECORD_WORDS * plan.instructions.length;
    this.#threadLists = new Allocation(host, threads * threadListLength);
    const indexOf = placer(host, plan, segments), first = this.#threadLists.index("compile");
    const parameters = allocationOf(host, segments.parameters), format = formatFor(plan);
    const sourceOf = (weight: Place) => 4 * indexOf(weight, 0);
    this.#packed = format && new PackedWeights(host, plan, format, parameters, sourceOf);
    for (let thread = 0; thread < threads; thread++) {
      const scratch = this.#scratch.index("compile") + thread * scratchLength;
      const elementOf = (place: Place) => indexOf(place, scratch);
      writeConstants(host, plan, elementOf);
      const words = threadListOf(plan, external, elementOf, this.#packed);
      host.memory.u32.set(words, first + thread * threadListLength);
    }
    this.#list = new Allocation(host, RECORD_WORDS);
    const list = this.#list.index("compile");
    const chunk = { chunkRows: plan.capacity, cost: picosecondsOfRow(plan) };
    const record = recordOf({
      address: 4 * first,
      bytes: 4 * threadListLength,
      ...chunk,
    });
    host.memory.u32.set(record, list);
    this.#chunks = new RecordList(host, 1, plan);
    host.threads.startFor(host.memory, 4 * list, 1, this.capacity);
  }

  scratch(): Float32Array {
    return this.#scratch.view("look at scratch");
  }

  write(name: string, values: ArrayLike<number>): void {
    this.#external.index("write");
    this.#ports.write(name, values);
  }

  run(rows: number): void {
    requireRows(rows, this.capacity);
    this.#packed?.packIfStale();
    this.#chunks.run(4 * this.#list.index("run"), rows);
  }

  read(name: string, into: Float32Array | Float64Array): void {
    this.#external.index("read");
    this.#ports.read(name, into);
  }

  live(name: string): Live {
    return this.#ports.live(name);
  }

  dispose(): void {
    for (const each of [this.#external, this.#scratch, this.#threadLists, this.#list]) {
      each.dispose();
    }
    this.#packed?.dispose();
  }

  #lengthOf({ shape: { rows, cols } }: Place): number {
    return rows * cols * this.capacity;
  }
}

/** The list of one thread: see `abi.ts`. */
function threadListOf(
  plan: Plan,
  external: ReadonlyMap<Place, number>,
  elementOf: (place: Place) => number,
  packed?: PackedWeights,
): Int32Array {
  const addressOf = (place: Place) => 4 * elementOf(place);
  const copies = [...external].flatMap(([place, index]) => {
    return [addressOf(place), 4 * index, 4 * place.shape.rows * place.shape.cols];
  });
  const { inputs } = plan, records = encodePlan(plan, addressOf, packed);
  // Two names of the same value share a place, and so one copy.
  const head = [countRecords(records), inputs.size, external.size - inputs.size, 0];
  return Int32Array.of(...head, ...copies, ...records);
}

/** The single `runChunks` record. */
function recordOf(
  { address, bytes, chunkRows, cost }: Readonly<
    Record<"address" | "bytes" | "chunkRows" | "cost", number>
  >,
): Int32Array {
  const [costBits] = new Int32Array(Float32Array.of(cost).buffer);
  return encodeRecords([{
    name: "runChunks",
    attributes: [address, bytes, chunkRows, 0, costBits],
    operands: [{ address: 0, shape: { rows: 1, cols: 1, batched: true } }],
    split: CHUNKS_SPLIT,
  }]);
}

/** @throws RangeError unless the rows can be split into arbitrary chunks */
function requireChunks(host: Host, plan: Plan): void {
  if (host.forwardOnly) requireForward(plan);
  const ports = [...plan.inputs, ...plan.outputs];
  const single = ports.find(([, { shape }]) => !shape.batched);
  const effect = plan.instructions.find(({ op }) => OPS[op].effect);
  if (!single && !effect) return;
  const what = effect ? `the effect ${effect.op}` : `"${single![0]}", which is not by row`;
  throw new RangeError(`Cannot compile in chunks: the plan has ${what}`);
}

/** The sum of lengths, each rounded up to a whole cache line. */
function aligned(...lengths: readonly number[]): number {
  return lengths.reduce((sum, each) => sum + Math.ceil(each / ALIGNMENT) * ALIGNMENT, 0);
}
