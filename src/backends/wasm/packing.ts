/**
 * A second copy of the weights, in the order in which products read them. A program compiled with `weights` uses it
 * instead of the parameters of its dense layers. A program of many rows that changes no weights also has them as tiles.
 * Formats and their error: assembly/matmul/panels.ts. Nothing else in the plan changes.
 *
 * Packing takes many times as long as scoring one row, and unpacked weights give the same bits. So for few rows weights
 * are packed before the second run, unless packing rounds: a cold start that scores a single row then does not pay for
 * it. Their memory is allocated at the start, because a run must not grow memory while views of it are held.
 */
import type { Instruction, Place, Plan } from "../../graph/plan.ts";
import { RECORD_WORDS, WEIGHT_FORMATS } from "./abi.ts";
import { encodeRecords, isPackable, type PackedFormat } from "./encode.ts";
import { searchesOf, sortedLength } from "./rewrites/searches.ts";
import { Allocation, type Host } from "./segment.ts";

/** Offsets are multiples of this many elements: a cache line. */
const ALIGNMENT = 16;

/** From this many rows, a product reads tiles: FEW_ROWS of assembly/matmul/product.ts. */
const FEW_ROWS = 8;

/** The format in which a program reads weights that it does not change; undefined for unpacked. */
export function formatFor(plan: Plan, weights?: PackedFormat): PackedFormat | undefined {
  return weights ?? (plan.capacity < FEW_ROWS ? undefined : "tiles");
}

/** Packed weights, and the records that pack them. */
export class PackedWeights {
  readonly format: PackedFormat;
  readonly #host: Host;
  readonly #source: Allocation;
  readonly #memory: Allocation;
  readonly #list: Allocation;
  /** The offset of each packed weight within the memory, by its offset in the segment. */
  readonly #offsets = new Map<number, number>();
  /** Runs left that use unpacked weights (0 or 1); negative once packed weights are in use. */
  #runsUnpacked: number;
  /** The version of the segment that was packed last. */
  #version = -1;

  /**
   * @param source the segment of the parameters
   * @param addressOf the byte address of a place
   */
  constructor(
    host: Host,
    plan: Plan,
    format: PackedFormat,
    source: Allocation,
    addressOf: (place: Place) => number,
  ) {
    this.format = format;
    this.#runsUnpacked = format === "f32" ? 1 : -1;
    this.#host = host;
    this.#source = source;
    const inSearch = new Set(format === "tiles" ? searchesOf(plan).values() : []);
    const formatOf = (product: Instruction) => inSearch.has(product) ? "sorted" : format;
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

  /** The byte address of a packed weight. */
  readonly addressOf = ({ offset }: Place): number =>
    4 * (this.#memory.index("compile") + this.#offsets.get(offset)!);

  /** Whether a program must read its weights here instead of in the segment. */
  get isInUse(): boolean {
    return this.#runsUnpacked < 1;
  }

  /**
   * Called before a run: packs again if the parameters have changed. True if packed weights come into use with this
   * call.
   */
  packIfStale(): boolean {
    if (this.#version === this.#source.version || this.#runsUnpacked-- > 0) return false;
    const list = this.#list.index("pack weights"), isFirst = this.#runsUnpacked === -1;
    this.#host.run(4 * list, this.#list.length / RECORD_WORDS, 1);
    this.#version = this.#source.version;
    return isFirst;
  }

  dispose(): void {
    this.#memory.dispose();
    this.#list.dispose();
  }
}

/**
 * Number of elements of packed weights. bf16 stores two columns per word, in groups of eight columns, and the remaining
 * columns as float32. Tiles are padded to groups of eight columns.
 */
export function packedLength(
  { rows, cols }: Place["shape"],
  format: PackedFormat | "sorted",
): number {
  if (format === "sorted") return sortedLength(rows, cols);
  if (format === "tiles") return rows * 8 * Math.ceil(cols / 8);
  const halfColumns = format === "bf16" ? cols - cols % 8 : 0;
  return rows * (cols - halfColumns / 2);
}
