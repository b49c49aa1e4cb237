/**
 * The levels of categories that the training rows know: those of at least two of them, and if there are many the most
 * frequent ones among them. Levels are inferred from all rows, so one may be that of calibration rows alone, which no
 * network has seen and which scores higher than anything else. Of fresh rows fewer would have such a level, so the rows
 * that calibrate would not be like them: p-values would be too large, and with many rare levels, such as customers,
 * nothing could be flagged. Nor may calibration rows have a say in which of many levels are kept: of two hundred
 * stores, all as frequent, those kept would be the ones that happen to have more calibration rows than other stores,
 * and fewer of other rows would have one. Dropped levels count as unknown ones, in all rows alike.
 */
import type { Cells } from "../../scoring/table/cells.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import { type ColumnOverride, MAX_INFERRED_LEVELS } from "../columns/infer_schema.ts";
import { type DetectorOptions, presetOf } from "../options.ts";
import type { Split } from "./split.ts";

const MIN_ROWS_OF_LEVEL = 2;

/** Levels to infer, so that training rows choose among more than are kept. */
export const MAX_CANDIDATES = 1024;

/** Levels of a category in an ensemble: with that of all other texts, their codes are bytes. */
export const MAX_POINTS = 255;

/** Options that say how many levels are kept. */
type Options = Pick<DetectorOptions, "preset" | "window" | "schema">;

/** Levels that are kept: a network has an input for each, an ensemble a point in the plane of few (ADR 82). */
function mostLevels(options: Options): number {
  const isEnsemble = options.window === undefined && presetOf(options) === "ensemble";
  return isEnsemble ? MAX_POINTS : MAX_INFERRED_LEVELS;
}

/** The schema with no more levels than are kept, to describe its columns. */
export function withKeptLevels(
  schema: readonly ColumnSchema[],
  options: Options,
): readonly ColumnSchema[] {
  const most = mostLevels(options);
  return schema.map((column) =>
    isChosen(column, options.schema) ? { ...column, levels: column.levels?.slice(0, most) } : column
  );
}

/**
 * Returns the schema with the levels that remain, and encodes the rows by it, in place.
 * @param cells all rows; the split holds copies of them
 * @param options may give the levels of some columns
 */
export function withTrainedLevels(
  schema: readonly ColumnSchema[],
  cells: Cells,
  { training, calibration }: Split,
  options: Options = {},
): readonly ColumnSchema[] {
  const most = mostLevels(options);
  return schema.map((column, c) => {
    const { levels = [] } = column, width = schema.length;
    if (!isChosen(column, options.schema)) return column;
    const counts = new Uint32Array(levels.length + 1);
    for (let i = c; i < training.data.length; i += width) {
      const code = training.data[i];
      if (code === code) counts[code]++;
    }
    const kept = mostFrequent(levels, counts, most);
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

/** Whether the levels of a column are inferred and not all kept. */
function isChosen(
  { name, kind }: ColumnSchema,
  overrides: readonly ColumnOverride[] = [],
): boolean {
  return kind === "categorical" && !overrides.some((each) => each.name === name && each.levels);
}

/** The most frequent levels in their given order; names decide among levels of as many training rows. */
function mostFrequent(
  levels: readonly string[],
  counts: Uint32Array,
  most: number,
): readonly string[] {
  const codes = [...levels.keys()].filter((code) => counts[code] >= MIN_ROWS_OF_LEVEL)
    .sort((a, b) => counts[b] - counts[a] || (levels[a] < levels[b] ? -1 : 1));
  const kept = new Set(codes.slice(0, most));
  return levels.filter((_, code) => kept.has(code));
}
