/**
 * A warning about columns of numbers that nearly never change once a robust fit has left the strangest rows out, though
 * they did before: amounts that are 0 in nine rows of ten, and no longer anything else. Their other values stand out
 * far above all other faults, as the kept rows cannot show that they are ordinary. Levels of a column are kept
 * (`ensemble/kept_levels.ts`).
 */
import type { Cells } from "../scoring/table/cells.ts";
import { type ColumnSchema, hasLevels } from "../scoring/table/schema.ts";
import { takeColumn, those } from "./take_cells.ts";

/** The smallest share of other values that counts, and how much of it must be left. */
const LEAST = 0.02, LEFT = 0.1;

/**
 * One sentence for each such column.
 * @param all the training rows
 * @param kept those of them that are ordinary
 */
export function trimmedSentences(
  schema: readonly ColumnSchema[],
  all: Cells,
  kept: Cells,
): string[] {
  return schema.flatMap(({ name, kind }, c) => {
    if (hasLevels(kind) || kind === "timestamp") return [];
    const usual = medianOf(takeColumn(all, schema.length, c));
    const otherIn = (cells: Cells) => {
      const values = takeColumn(cells, schema.length, c);
      return those(values, (value) => value !== usual && !Number.isNaN(value)).length / cells.rows;
    };
    const before = otherIn(all), after = otherIn(kept);
    if (before < LEAST || before > 0.5 || after > LEFT * before) return [];
    const percent = `${Number((100 * before).toPrecision(2))} %`;
    return [
      `column "${name}" is not ${usual} in ${percent} of the training rows, but in hardly any that the robust fit kept: ` +
      "these values will stand out most; a smaller share, such as robust: 0.1, keeps more of them",
    ];
  });
}

/** The value of at least half of the cells, if there is one. */
function medianOf(values: Float64Array): number {
  const sorted = those(values, (value) => !Number.isNaN(value)).sort();
  return sorted[sorted.length >> 1];
}
