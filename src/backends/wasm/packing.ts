/**
 * Weights kept a second time, in the order in which products of few rows read them: what a program
 * compiled with `weights` has in place of the parameters of its dense layers. Formats and their
 * error: assembly/matmul/panels.ts. Nothing else of the plan changes.
 *
 * Packing takes many times as long as a run. Who runs once, as the first request of a cold start does, has the
 * same bits of the weights as they lie; so they are packed for the second run, but where packing rounds. The
 * memory is there from the start: a run must not let it grow, as views of it are held meanwhile.
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
  readonly #memory: Allocation;
  readonly #list: Allocation;
  /** Where each weight lies, from the start of the memory, by its offset in the segment. */
  readonly #offsets = new Map<number, number>();
  #isInUse: boolean;
  #hasRun = false;
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
    this.#isInUse = format !== "f32";
    this.#host = host;
    this.#source = source;
    const all = plan.instructions.filter(isPackable).map(({ inputs: [, weight] }) => weight);
    // Layers may share a weight.
    const weights = [...new Map(all.map((weight) => [weight.offset, weight])).values()];
    let length = 0;
    for (const weight of weights) {
      this.#offsets.set(weight.offset, length);
      length += Math.ceil(packedLength(weight, format) / ALIGNMENT) * ALIGNMENT;
    }
    this.#memory = new Allocation(host, length);
    const records = encodeRecords(weights.map((weight) => ({
      name: "packWeights",
      attributes: [WEIGHT_FORMATS.indexOf(format)],
      operands: [this.addressOf(weight), addressOf(weight)]
        .map((address) => ({ address, shape: weight.shape })),
    })));
    this.#list = new Allocation(host, records.length);
    host.memory.u32.set(records, this.#list.index("compile"));
  }

  /** The byte at which packed weights begin. */
  addressOf({ offset }: Place): number {
    return 4 * (this.#memory.index("compile") + this.#offsets.get(offset)!);
  }

  /** Whether a program is to find its weights here, and not in the segment. */
  get isInUse(): boolean {
    return this.#isInUse;
  }

  /** Before a run: packs anew if the parameters have changed. True where they have come into use with that. */
  follow(): boolean {
    if (this.#version === this.#source.version) return false;
    const isEarly = !this.#isInUse && !this.#hasRun;
    this.#hasRun = true;
    if (isEarly) return false;
    const list = this.#list.index("pack weights");
    this.#host.run(4 * list, this.#list.length / RECORD_WORDS, 1);
    this.#version = this.#source.version;
    const begins = !this.#isInUse;
    this.#isInUse = true;
    return begins;
  }

  dispose(): void {
    this.#memory.dispose();
    this.#list.dispose();
  }
}

/** Columns of bf16 lie two a word in groups of eight; what is left over stays float32. */
function packedLength({ shape: { rows, cols } }: Place, format: WeightFormat): number {
  const halved = format === "bf16" ? cols - cols % 8 : 0;
  return rows * (cols - halved / 2);
}
