/**
 * The levels of categories that the training rows know: those of at least two of them. Levels are inferred from all rows,
 * so one may be that of calibration rows alone, which no network has seen and which scores higher than anything else.
 * Of fresh rows fewer would have such a level, so the rows that calibrate would not be like them: p-values would be too
 * large, and with many rare levels, such as customers, nothing could be flagged. Dropped levels count as unknown ones,
 * in all rows alike.
 */
import type { Cells } from "../../scoring/table/cells.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import type { ColumnOverride } from "../infer_schema.ts";
import type { Split } from "./split.ts";

const MIN_ROWS_OF_LEVEL = 2;

/**
 * Returns the schema with the levels that remain, and encodes the rows by it, in place.
 * @param cells all rows; the split holds copies of them
 * @param overrides may give the levels of some columns
 */
export function withTrainedLevels(
  schema: readonly ColumnSchema[],
  cells: Cells,
  { training, calibration }: Split,
  overrides: readonly ColumnOverride[] = [],
): readonly ColumnSchema[] {
  const given = new Set(overrides.filter(({ levels }) => levels).map(({ name }) => name));
  return schema.map((column, c) => {
    const { name, kind, levels = [] } = column, width = schema.length;
    if (kind !== "categorical" || given.has(name)) return column;
    const counts = new Uint32Array(levels.length + 1);
    for (let i = c; i < training.data.length; i += width) {
      const code = training.data[i];
      if (code === code) counts[code]++;
    }
    const kept = levels.filter((_, code) => counts[code] >= MIN_ROWS_OF_LEVEL);
    if (kept.length === levels.length) return column;
    const codes = new Map(kept.map((level, code) => [level, code]));
    const newCodes = [...levels.map((level) => codes.get(level) ?? kept.length), kept.length];
    for (const { data } of [cells, training, calibration]) {
      for (let i = c; i < data.length; i += width) {
        if (data[i] === data[i]) data[i] = newCodes[data[i]];
      }
    }
    return { ...column, levels: kept };
  });
}
