/** A case with other sizes: its shapes, attributes that are sizes, and as many of its values as needed. */
import type { HostRandom } from "../../src/core/random/philox.ts";
import { type Shape, sizeAt } from "../../src/core/shape.ts";
import type { OpName } from "../../src/ops/names.ts";
import type { Case, Operand } from "./case.ts";
import { planCase } from "./harness.ts";
import { CAPACITY } from "./shapes.ts";

/** Sizes around vectors, stripes and tiles. */
const EDGES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65];

/** The largest number of rows or columns of a case. */
export const LARGEST = 70;

/** Attributes that are sizes. */
export const SIZE_ATTRIBUTES: readonly string[] = ["rows", "cols", "count", "size", "times"];

/** One of the edges half of the time, otherwise any size. */
export function drawSize(random: HostRandom): number {
  const edge = random.below(2) === 0;
  return edge ? EDGES[random.below(EDGES.length)] : 1 + random.below(LARGEST);
}

/**
 * A case with each of its sizes replaced by `sizeOf`, equal sizes by equal ones; undefined if the operation has no such
 * case. Values are drawn from the case's own.
 */
export function resized(
  op: OpName,
  given: Case,
  sizeOf: (size: number) => number,
  random: HostRandom,
): Case | undefined {
  const sizes = new Map([[1, 1]]);
  const resize = (size: number): number => {
    if (!sizes.has(size)) sizes.set(size, sizeOf(size));
    return sizes.get(size)!;
  };
  const shapeOf = ({ rows, cols, batched }: Shape) => ({
    rows: resize(rows),
    cols: resize(cols),
    batched,
  });
  const attrs: Record<string, unknown> = { ...given.attrs };
  for (const name of SIZE_ATTRIBUTES) {
    if (typeof attrs[name] === "number") attrs[name] = resize(attrs[name]);
  }
  const operands = given.operands.map((operand): Operand => {
    const shape = shapeOf(operand.shape), { values } = operand;
    const length = sizeAt(shape, CAPACITY), isWhole = length === values.length;
    const value = (i: number) => values[isWhole ? i : random.below(values.length)];
    return { ...operand, shape, values: Array.from({ length }, (_, i) => value(i)) };
  });
  const other = { ...given, operands, attrs } as Case;
  try {
    planCase(op, other);
    return other;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
