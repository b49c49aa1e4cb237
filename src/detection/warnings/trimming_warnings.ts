/**
 * A warning about columns of numbers that nearly never change once a robust fit has left the strangest rows out, though
 * they did before: amounts that are 0 in nine rows of ten, and no longer anything else. Their other values stand out
 * far above all other faults, as the kept rows cannot show that they are ordinary. Levels of a column are kept
 * (`ensemble/select_ordinary.ts`).
 */
import { type Cells, takeColumn } from "../../scoring/table/cells.ts";
import { type ColumnSchema, hasLevels } from "../../scoring/table/schema.ts";
import { filterValues, observedValues } from "../../scoring/table/take_cells.ts";

/** The smallest share of other values that counts, and how much of it must be left. */
const MIN_OTHER_SHARE = 0.02, MAX_KEPT_SHARE = 0.1;

/**
 * One sentence for each such column.
 * @param all the training rows
 * @param kept those of them that are ordinary
 */
export function trimmingWarnings(
  schema: readonly ColumnSchema[],
  all: Cells,
  kept: Cells,
): string[] {
  return schema.flatMap(({ name, kind }, c) => {
    if (hasLevels(kind) || kind === "timestamp") return [];
    const middle = medianOf(takeColumn(all, schema.length, c));
    const shareOfOthers = (cells: Cells) => {
      const values = takeColumn(cells, schema.length, c);
      return filterValues(values, (value) => value !== middle && !Number.isNaN(value)).length /
        cells.rows;
    };
    const before = shareOfOthers(all), after = shareOfOthers(kept);
    if (before < MIN_OTHER_SHARE || before > 0.5 || after > MAX_KEPT_SHARE * before) return [];
    const percent = `${Number((100 * before).toPrecision(2))} %`;
    return [
      `column "${name}" is not ${middle} in ${percent} of the training rows, but in hardly any that the robust fit kept: ` +
      "these values will stand out most; a smaller share, such as robust: 0.1, keeps more of them",
    ];
  });
}

/** The value of at least half of the cells, if there is one. */
function medianOf(values: Float64Array): number {
  const sorted = observedValues(values).sort();
  return sorted[sorted.length >> 1];
}
