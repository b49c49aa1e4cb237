/**
 * Isolation forest: random splits separate rows, and a row that few splits isolate is anomalous.
 *
 *   score = 2^(-E[h(x)] / c(ψ)),  c(n) = 2 H(n - 1) - 2 (n - 1) / n,  H(i) = Σ 1/j
 *
 * h(x) is the number of splits on the path of x through a tree, plus c(rows of its leaf). Each of 100 trees is grown on
 * ψ = 256 rows, to ⌈log₂ ψ⌉ levels. A split takes a random column that varies among its rows, and a threshold uniform
 * between their minimum and maximum.
 *
 * Source: Liu, Ting and Zhou, "Isolation forest", ICDM 2008. Constant columns are skipped as in scikit-learn. Our own,
 * because the npm packages (isolation-forest, ml-isolation-forest) are unmaintained and draw from Math.random.
 */
import { portableExp } from "../../core/portable.ts";
import { HostRandom } from "../../core/random/philox.ts";
import { STREAMS } from "../../core/random/streams.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Baseline } from "./baseline.ts";

/** Size of the forest; the defaults are the paper's. */
export interface ForestOptions {
  readonly trees?: number;
  /** ψ, the rows per tree. */
  readonly sample?: number;
  /** Default: 0. */
  readonly seed?: number;
}

/** A leaf holds the length of the whole path to it. */
type Node = number | {
  readonly column: number;
  readonly threshold: number;
  /** x ≤ threshold. */
  readonly left: Node;
  readonly right: Node;
};

export function isolationForest(
  { trees = 100, sample = 256, seed = 0 }: ForestOptions = {},
): Baseline {
  return (training) => {
    const size = Math.min(sample, training.shape[0]);
    const levels = 32 - Math.clz32(Math.max(2, size) - 1);
    const forest = Array.from({ length: trees }, (_, tree) => {
      const random = new HostRandom(seed, tree, STREAMS.isolation);
      return grow(training, draw(training.shape[0], size, random), levels, 0, random);
    });
    const expectedPath = averagePath(size) || 1;
    return ({ data, shape: [rows, width] }) =>
      Float64Array.from({ length: rows }, (_, r) => {
        let sum = 0;
        for (const tree of forest) sum += pathLength(tree, data, r * width);
        return portableExp(-Math.LN2 * sum / trees / expectedPath);
      });
  };
}

/** c(n): the mean path length to a leaf of a random binary search tree with n keys. */
export function averagePath(n: number): number {
  if (n < 2) return 0;
  let harmonic = 0;
  for (let j = 1; j < n; j++) harmonic += 1 / j;
  return 2 * harmonic - 2 * (n - 1) / n;
}

/** Draws `size` different indices below `rows`: the head of a Fisher-Yates shuffle. */
function draw(rows: number, size: number, random: HostRandom): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, r) => r);
  for (let i = 0; i < size; i++) {
    const other = i + random.below(rows - i);
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order.subarray(0, size);
}

function grow(
  x: Matrix,
  rows: Uint32Array,
  levels: number,
  depth: number,
  random: HostRandom,
): Node {
  const column = depth < levels && rows.length > 1 ? varyingColumn(x, rows, random) : undefined;
  if (column === undefined) return depth + averagePath(rows.length);
  const [min, max] = rangeOf(x, rows, column);
  const drawn = min + random.uniformF64() * (max - min);
  // Rounding may give the maximum itself, which would leave the right side empty.
  const threshold = drawn < max ? drawn : min;
  const isLeft = (row: number) => x.data[row * x.shape[1] + column] <= threshold;
  return {
    column,
    threshold,
    left: grow(x, rows.filter(isLeft), levels, depth + 1, random),
    right: grow(x, rows.filter((row) => !isLeft(row)), levels, depth + 1, random),
  };
}

/** Draws uniformly among the columns that vary among the rows; undefined if none does. */
function varyingColumn(x: Matrix, rows: Uint32Array, random: HostRandom): number | undefined {
  const columns = Uint32Array.from({ length: x.shape[1] }, (_, c) => c);
  for (let left = columns.length; left > 0; left--) {
    const at = random.below(left), column = columns[at];
    const [min, max] = rangeOf(x, rows, column);
    if (min < max) return column;
    columns[at] = columns[left - 1];
  }
  return undefined;
}

function rangeOf({ data, shape: [, width] }: Matrix, rows: Uint32Array, c: number) {
  let min = Infinity, max = -Infinity;
  for (const row of rows) {
    const value = data[row * width + c];
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [min, max] as const;
}

function pathLength(tree: Node, data: Float32Array, at: number): number {
  let node = tree;
  while (typeof node !== "number") {
    node = data[at + node.column] <= node.threshold ? node.left : node.right;
  }
  return node;
}
