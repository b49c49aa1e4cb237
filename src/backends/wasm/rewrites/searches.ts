/**
 * Products of which a plan needs only the columns of each row's smallest values: `dense`, then `smallestCols`. They run
 * as one record (`assembly/nearest/search.ts`), with the same bits, over columns sorted in advance. Most columns are
 * never multiplied, and the product is never stored.
 */
import { sizeAt } from "../../../core/shape.ts";
import type { Instruction, Place, Plan } from "../../../graph/plan.ts";

/** Limits of `assembly/nearest`: terms of a sum in one block, columns, results per row. */
const MAX_INNER = 256, MAX_COLUMNS = 2048, MAX_RESULTS = 11;

/** Maximum number of elements of sorted columns: `assembly/nearest/sorted.ts`. */
export const sortedLength = (inner: number, cols: number): number => (inner + 3) * (cols + 32);

/** The product of each search that can run as one record. */
export function searchesOf(plan: Plan): ReadonlyMap<Instruction, Instruction> {
  const { instructions } = plan;
  const searches = new Map<Instruction, Instruction>();
  instructions.forEach((search, i) => {
    if (search.op !== "smallestCols" || i === 0) return;
    const product = instructions[i - 1], [searched] = search.inputs;
    if (product.op !== "dense" || product.output !== searched) return;
    if (
      product.attrs.activation === "identity" && isOnlyReader(plan, searched, i) &&
      fits(product, search, plan) && isOnlyReader(plan, product.inputs[1], i - 1)
    ) {
      searches.set(search, product);
    }
  });
  return searches;
}

/** Whether only instruction `i` reads a place before it is overwritten. */
function isOnlyReader({ instructions, outputs }: Plan, place: Place, i: number): boolean {
  if ([...outputs.values()].includes(place)) return false;
  return !instructions.some(({ inputs }, at) => at !== i && inputs.includes(place));
}

function fits(product: Instruction, { output }: Instruction, plan: Plan): boolean {
  const [x, ...parameters] = product.inputs, { rows: inner, cols } = parameters[0].shape;
  return inner <= MAX_INNER && cols <= MAX_COLUMNS && output.shape.cols <= MAX_RESULTS &&
    areDisjoint(x, output, plan.capacity) &&
    parameters.every(({ segment }) => segment === "parameters");
}

/** Whether two places share no memory. */
export function areDisjoint(a: Place, b: Place, capacity: number): boolean {
  if (a.segment !== b.segment) return true;
  const endOf = ({ offset, shape }: Place) => offset + sizeAt(shape, capacity);
  return endOf(a) <= b.offset || endOf(b) <= a.offset;
}
