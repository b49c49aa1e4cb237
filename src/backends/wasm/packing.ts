/**
 * Weights kept a second time, in the order in which products read them: what a program compiled with `weights`
 * has in place of the parameters of its dense layers, and as tiles what one of many rows has beside them that
 * changes no weights. Formats and their error: assembly/matmul/panels.ts. Nothing else of the plan changes.
 *
 * Packing takes many times as long as a row. Who scores one, as the first request of a cold start does, has the
 * same bits of the weights as they lie: so those of few rows are packed for the second run, unless packing rounds.
 * Their memory is there from the start: a run must not let memory grow, as views of it are held meanwhile.
 */
import type { Instruction, Place, Plan } from "../../graph/plan.ts";
import { RECORD_WORDS, WEIGHT_FORMATS } from "./abi.ts";
import { encodeRecords, isPackable, type PackedFormat } from "./encode.ts";
import { searchesOf, sortedLength } from "./searches.ts";
import { Allocation, type Host } from "./segment.ts";

/** Elements between two allowed offsets: a cache line. */
const ALIGNMENT = 16;

/** From so many rows on a product reads tiles: FEW_ROWS of assembly/matmul/product.ts. */
const FEW_ROWS = 8;

/** How a program finds weights that it does not change, if not as they lie. */
export function formatFor(plan: Plan, weights?: PackedFormat): PackedFormat | undefined {
  return weights ?? (plan.capacity < FEW_ROWS ? undefined : "tiles");
}

/** Packed weights, and what it takes to pack them anew. */
export class PackedWeights {
  readonly format: PackedFormat;
  readonly #host: Host;
  readonly #source: Allocation;
  readonly #memory: Allocation;
  readonly #list: Allocation;
  /** Where each weight lies, from the start of the memory, by its offset in the segment. */
  readonly #offsets = new Map<number, number>();
  /** 1 before a run that does without, 0 after it; less where packed weights are in use. */
  #early: number;
  /** The version of the segment that is packed. */
  #version = -1;

  /**
   * @param source the segment of the parameters
   * @param addressOf the byte at which a place begins
   */
  constructor(
    host: Host,
    plan: Plan,
    format: PackedFormat,
    source: Allocation,
    addressOf: (place: Place) => number,
  ) {
    this.format = format;
    this.#early = format === "f32" ? 1 : -1;
    this.#host = host;
    this.#source = source;
    const searched = new Set(format === "tiles" ? searchesOf(plan).values() : []);
    const formatOf = (product: Instruction) => searched.has(product) ? "sorted" : format;
    // Layers may share a weight.
    const products = new Map(
      plan.instructions.filter((each) => isPackable(each, format))
        .map((each) => [each.inputs[1].offset, each] as const),
    );
    let length = 0;
    for (const [offset, product] of products) {
      this.#offsets.set(offset, length);
      const { shape } = product.inputs[1];
      length += Math.ceil(packedLength(shape, formatOf(product)) / ALIGNMENT) * ALIGNMENT;
    }
    this.#memory = new Allocation(host, length);
    const records = encodeRecords(Array.from(products.values(), (product) => {
      const [, weight, ...bias] = product.inputs, { shape } = weight;
      return {
        name: "packWeights",
        attributes: [WEIGHT_FORMATS.indexOf(formatOf(product))],
        operands: [this.addressOf(weight), addressOf(weight), ...bias.map(addressOf)]
          .map((address) => ({ address, shape })),
      };
    }));
    this.#list = new Allocation(host, records.length);
    host.memory.u32.set(records, this.#list.index("compile"));
  }

  /** The byte at which packed weights begin. */
  readonly addressOf = ({ offset }: Place): number =>
    4 * (this.#memory.index("compile") + this.#offsets.get(offset)!);

  /** Whether a program is to find its weights here, and not in the segment. */
  get isInUse(): boolean {
    return this.#early < 1;
  }

  /** Before a run: packs anew if the parameters have changed. True where the weights come into use with that. */
  follow(): boolean {
    if (this.#version === this.#source.version || this.#early-- > 0) return false;
    const list = this.#list.index("pack weights"), begins = this.#early === -1;
    this.#host.run(4 * list, this.#list.length / RECORD_WORDS, 1);
    this.#version = this.#source.version;
    return begins;
  }

  dispose(): void {
    this.#memory.dispose();
    this.#list.dispose();
  }
}

/** Elements of packed weights. Columns of bf16 lie two a word in groups of eight; what is left over stays float32, and as tiles is filled up. */
export function packedLength(
  { rows, cols }: Place["shape"],
  format: PackedFormat | "sorted",
): number {
  if (format === "sorted") return sortedLength(rows, cols);
  if (format === "tiles") return rows * 8 * Math.ceil(cols / 8);
  const halved = format === "bf16" ? cols - cols % 8 : 0;
  return rows * (cols - halved / 2);
}
