/**
 * Products of which a plan wants nothing but where each row has its smallest: `dense`, then `smallestCols`. They are
 * run as one record (`assembly/nearest.ts`), with the same bits, and the product is never in memory.
 */
import { sizeAt } from "../../core/shape.ts";
import type { Instruction, Place, Plan } from "../../graph/plan.ts";

/** What `assembly/nearest.ts` has room for: terms of a sum in one block, columns, numbers of W and b, places. */
const MAX_INNER = 256, MAX_COLUMNS = 2048, MAX_PACKED = 65_536, MAX_PLACES = 64;

/** Of each search that can be one record, its product. */
export function searchesOf(plan: Plan): ReadonlyMap<Instruction, Instruction> {
  const { instructions } = plan;
  const searches = new Map<Instruction, Instruction>();
  instructions.forEach((search, i) => {
    if (search.op !== "smallestCols" || i === 0) return;
    const product = instructions[i - 1], [sought] = search.inputs;
    if (product.op !== "dense" || product.output !== sought) return;
    if (
      product.attrs.activation === "identity" && isAlone(plan, sought, i) &&
      fits(product, search, plan)
    ) {
      searches.set(search, product);
    }
  });
  return searches;
}

/** Whether nothing but instruction `i` reads a place before something else is written there. */
function isAlone({ instructions, outputs }: Plan, place: Place, i: number): boolean {
  if ([...outputs.values()].includes(place)) return false;
  return !instructions.some(({ inputs }, at) => at !== i && inputs.includes(place));
}

function fits({ inputs: [x, weight] }: Instruction, { output }: Instruction, plan: Plan): boolean {
  const { rows: inner, cols } = weight.shape, whole = Math.ceil(cols / 8) * 8;
  return inner <= MAX_INNER && whole <= MAX_COLUMNS && (inner + 1) * whole <= MAX_PACKED &&
    output.shape.cols <= MAX_PLACES && areApart(x, output, plan.capacity);
}

/** Whether two places share no memory. */
function areApart(a: Place, b: Place, capacity: number): boolean {
  if (a.segment !== b.segment) return true;
  const endOf = ({ offset, shape }: Place) => offset + sizeAt(shape, capacity);
  return endOf(a) <= b.offset || endOf(b) <= a.offset;
}
