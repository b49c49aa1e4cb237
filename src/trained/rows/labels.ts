/** Classes as numbers, 0 to C - 1, and as the one-hot conditions that models take. */
import { requireNumber, show } from "../../core/validate.ts";
import type { Matrix } from "./matrix.ts";

/** One class per row, 0 to C - 1; -1 or null if it is unknown. */
export type RowLabels = ArrayLike<number | null>;

/**
 * One-hot rows `[rows, C]`, with zeros if the class is unknown.
 * @throws TypeError or RangeError naming the row, 1-based, whose label is not a class
 */
export function oneHot(labels: RowLabels, classes: number): Matrix {
  requireNumber("classes", classes, { min: 1, integer: true });
  const count = labels.length, data = new Float32Array(count * classes);
  for (let r = 0; r < count; r++) {
    const label = labels[r];
    if (label === null || label === -1) continue;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(
        `Cannot read label of row ${r + 1}: expected a class from 0 to ${
          classes - 1
        }, or -1 or null if unknown, got ${show(label)}`,
      );
    }
    data[r * classes + label] = 1;
  }
  return { data, shape: [count, classes] };
}
