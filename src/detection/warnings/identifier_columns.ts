/**
 * Warnings about numbers that are probably identifiers: a detector takes them for sizes, and learns nothing from them.
 */
import type { ReadColumn } from "../columns/read_column.ts";

/** customer_id, "Account No." */
const BY_WORD = /(?:^|[\W_])(?:id|key|nr|no|number|nummer|phone)\.?$/i;

/** orderId, Kundennr */
const BY_ENDING = /[a-z](?:Id|ID|Key|No|Number|[nN]r|[nN]ummer)$/;

/** Of fewer, all may be different by chance. */
const MIN_CELLS = 20;

/** One sentence for an undeclared column of whole numbers, all different, that has such a name. */
export function identifierWarnings(
  { name, kind, texts, declared, values }: ReadColumn,
): string[] {
  if (kind !== "count" || texts || declared || !(BY_WORD.test(name) || BY_ENDING.test(name))) {
    return [];
  }
  const numbers = values().filter((value) => !Number.isNaN(value));
  const isDistinct = numbers.length >= MIN_CELLS && new Set(numbers).size === numbers.length;
  return !isDistinct || isMonotone(numbers) ? [] : [
    `column "${name}" has a different number in every row and is named like an identifier: ` +
    "it counts as a size unless it is left out",
  ];
}

/** Row numbers and clocks have a warning of their own. */
function isMonotone(numbers: Float64Array): boolean {
  const rises = (a: number, b: number) => Math.sign(b - a);
  const first = rises(numbers[0], numbers[1]);
  return numbers.every((value, r) => r === 0 || rises(numbers[r - 1], value) === first);
}
