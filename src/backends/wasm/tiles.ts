/**
 * The weights of products of many rows kept a second time, in the order in which the product reads them
 * (`packTiles` of assembly/matmul/product.ts), for programs that change no weights: packed anew by every run they are
 * 4 to 10 % of a product of 64 to 128 rows. Programs of one segment share them. Nothing else changes, no bit of a result.
 */
import { sizeAt } from "../../core/shape.ts";
import type { Instruction, Place, Plan } from "../../graph/plan.ts";
import { OPS } from "../../ops/catalogue.ts";
import { encodeRecords } from "./encode.ts";
import { Allocation, type Host } from "./segment.ts";

/** From so many rows on a product reads panels: FEW_ROWS of assembly/matmul/product.ts. */
const FEW_ROWS = 8;
/** Columns of a panel. */
const PANEL = 8;

/** A weight in panels, and what it takes to pack it anew. */
interface Kept {
  readonly source: Allocation;
  readonly weight: Place;
  readonly memory: Allocation;
  readonly list: Allocation;
  /** The version of the segment that is packed. */
  version: number;
  users: number;
}

/** The weights of one program. */
export interface PlanTiles {
  /** The byte at which the weight of a product lies in panels; 0 where it does not. */
  addressOf(instruction: Instruction): number;
  /** Packs anew what has changed. */
  follow(): void;
  dispose(): void;
}

export class Tiles {
  readonly #host: Host;
  readonly #kept = new Set<Kept>();

  constructor(host: Host) {
    this.#host = host;
  }

  /**
   * What a plan finds in panels.
   * @param source the segment of the parameters
   * @param addressOf the byte at which a place begins
   */
  of(plan: Plan, source: Allocation, addressOf: (place: Place) => number): PlanTiles {
    const used = new Map<number, Kept>();
    const changes = plan.instructions.some(({ op }) => OPS[op].effect);
    for (const each of changes ? [] : plan.instructions) {
      const { inputs: [, weight] } = each;
      if (!readsPanels(each, plan.capacity) || used.has(weight.offset)) continue;
      used.set(weight.offset, this.#keep(source, weight, addressOf(weight)));
    }
    return {
      addressOf: (each) => {
        const kept = readsPanels(each, plan.capacity) && used.get(each.inputs[1].offset);
        return kept ? 4 * kept.memory.index("compile") : 0;
      },
      follow: () => used.forEach((kept) => this.#follow(kept)),
      dispose: () => {
        used.forEach((kept) => this.#release(kept));
        used.clear();
      },
    };
  }

  #keep(source: Allocation, weight: Place, address: number): Kept {
    const { rows, cols } = weight.shape;
    for (const kept of this.#kept) {
      const { offset, shape } = kept.weight;
      const isSame = offset === weight.offset && shape.rows === rows && shape.cols === cols;
      if (kept.source !== source || !isSame) continue;
      kept.users++;
      return kept;
    }
    const memory = new Allocation(this.#host, rows * PANEL * Math.ceil(cols / PANEL));
    const operands = [4 * memory.index("compile"), address]
      .map((address) => ({ address, shape: weight.shape }));
    const records = encodeRecords([{ name: "packTiles", attributes: [], operands }]);
    const list = new Allocation(this.#host, records.length);
    this.#host.memory.u32.set(records, list.index("compile"));
    const kept = { source, weight, memory, list, version: -1, users: 1 };
    this.#kept.add(kept);
    return kept;
  }

  #follow(kept: Kept): void {
    if (kept.version === kept.source.version) return;
    this.#host.run(4 * kept.list.index("pack weights"), 1, 1);
    kept.version = kept.source.version;
  }

  #release(kept: Kept): void {
    if (--kept.users > 0) return;
    this.#kept.delete(kept);
    kept.memory.dispose();
    kept.list.dispose();
  }
}

/** Whether an instruction is a product of many rows by a weight, as it lies. */
function readsPanels({ op, attrs, inputs: [, weight], output }: Instruction, capacity: number) {
  if (op !== "dense" && !(op === "matmul" && attrs.transposeB === false)) return false;
  return weight.segment === "parameters" &&
    sizeAt(output.shape, capacity) >= FEW_ROWS * output.shape.cols;
}
