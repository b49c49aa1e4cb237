/**
 * Columns that have moved away from where they were in training: no test, which needs independent rows, but a distance.
 */
import { type Cells, takeColumn } from "../../scoring/table/cells.ts";
import type { TableModel } from "../../scoring/table_model.ts";
import { MIN_SHIFT } from "../columns/order_facts.ts";
import { inPlace, levelPlaces } from "./level_order.ts";
import { countAt } from "../../core/probability/point_counts.ts";
import { distanceTo, sketchOf } from "./sketch.ts";

/** Names; undefined for a model of an older file, which has no sketches. */
export function shiftedColumns(
  { schema, sketch }: Pick<TableModel, "schema" | "sketch">,
  cells: Cells,
): readonly string[] | undefined {
  if (!sketch) return undefined;
  return schema.flatMap((column, c) => {
    const { name, kind } = column, before = sketchOf(sketch, c), places = levelPlaces(column);
    const now = countAt(before.points, inPlace(takeColumn(cells, schema.length, c), places));
    const isCompared = kind !== "timestamp" && (!places || sketch.levelRows !== undefined) &&
      now.total > 0 && before.missing < 1;
    return isCompared && distanceTo(before, now) >= MIN_SHIFT ? [name] : [];
  });
}
