/** Draws of a network are any numbers; what a table counts is whole. */
import type { ColumnSchema } from "./schema.ts";
import type { Cells } from "./cells.ts";

/** Cells of counts to whole numbers from 0. */
export function roundCounts({ data }: Cells, schema: readonly ColumnSchema[]): void {
  schema.forEach(({ kind }, c) => {
    if (kind !== "count") return;
    for (let i = c; i < data.length; i += schema.length) data[i] = Math.max(0, Math.round(data[i]));
  });
}
