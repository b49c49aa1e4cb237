/**
 * Weights kept a second time, in the order in which products of few rows read them: what a program
 * compiled with `weights` has in place of the parameters of its dense layers. Formats and their
 * error: assembly/matmul/panels.ts. Nothing else of the plan changes.
 *
 * Packing takes many times as long as a run. Who runs once, as the first request of a cold start does, has the
 * same bits of the weights as they lie; so they are packed for the second run, but where packing rounds.
 */
import type { Place, Plan } from "../../graph/plan.ts";
import type { WeightFormat } from "../backend.ts";
import { RECORD_WORDS, WEIGHT_FORMATS } from "./abi.ts";
import { encodeRecords, isPackable } from "./encode.ts";
import { Allocation, type Host } from "./segment.ts";

/** Elements between two allowed offsets: a cache line. */
const ALIGNMENT = 16;

/** Packed weights, and what it takes to pack them anew. */
export class PackedWeights {
  readonly format: WeightFormat;
  readonly #host: Host;
  readonly #source: Allocation;
  readonly #weights: readonly Place[];
  readonly #sourceOf: (place: Place) => number;
  /** Where each weight lies, from the start of the memory, by its offset in the segment. */
  readonly #offsets = new Map<number, number>();
  #memory?: Allocation;
  #list?: Allocation;
  /** Whether the next run may do without. */
  #mayWait: boolean;
  /** The version of the segment that is packed. */
  #version = -1;

  /**
   * @param source the segment of the parameters
   * @param addressOf the byte at which a place begins
   */
  constructor(
    host: Host,
    plan: Plan,
    format: WeightFormat,
    source: Allocation,
    addressOf: (place: Place) => number,
  ) {
    this.format = format;
    this.#host = host;
    this.#source = source;
    this.#sourceOf = addressOf;
    this.#mayWait = format === "f32";
    const all = plan.instructions.filter(isPackable).map(({ inputs: [, weight] }) => weight);
    // Layers may share a weight.
    this.#weights = [...new Map(all.map((weight) => [weight.offset, weight])).values()];
  }

  /** Whether there are packed weights: until then a program reads those of the segment. */
  get isPacked(): boolean {
    return this.#memory !== undefined;
  }

  /** The byte at which packed weights begin. */
  addressOf({ offset }: Place): number {
    return 4 * (this.#memory!.index("compile") + this.#offsets.get(offset)!);
  }

  /** Before a run: packs anew if the parameters have changed. True the first time: the program has to be encoded anew. */
  follow(): boolean {
    if (this.#version === this.#source.version) return false;
    if (this.#mayWait) return this.#mayWait = false;
    const isFirst = !this.isPacked;
    const records = this.#list ??= this.#allocate();
    const list = records.index("pack weights");
    this.#host.run(4 * list, records.length / RECORD_WORDS, 1);
    this.#version = this.#source.version;
    return isFirst;
  }

  dispose(): void {
    this.#memory?.dispose();
    this.#list?.dispose();
  }

  /** Makes room for the weights; gives the list that packs them. */
  #allocate(): Allocation {
    let length = 0;
    for (const weight of this.#weights) {
      this.#offsets.set(weight.offset, length);
      length += Math.ceil(packedLength(weight, this.format) / ALIGNMENT) * ALIGNMENT;
    }
    this.#memory = new Allocation(this.#host, length);
    const records = encodeRecords(this.#weights.map((weight) => ({
      name: "packWeights",
      attributes: [WEIGHT_FORMATS.indexOf(this.format)],
      operands: [this.addressOf(weight), this.#sourceOf(weight)]
        .map((address) => ({ address, shape: weight.shape })),
    })));
    const list = new Allocation(this.#host, records.length);
    this.#host.memory.u32.set(records, list.index("compile"));
    return list;
  }
}

/** Columns of bf16 lie two a word in groups of eight; what is left over stays float32. */
function packedLength({ shape: { rows, cols } }: Place, format: WeightFormat): number {
  const halved = format === "bf16" ? cols - cols % 8 : 0;
  return rows * (cols - halved / 2);
}
