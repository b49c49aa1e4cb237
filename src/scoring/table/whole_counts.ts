/** Rounds counts drawn by a network, which may be any numbers. */
import type { ColumnSchema } from "./schema.ts";
import type { Cells } from "./cells.ts";

/** Rounds cells of count columns to integers from 0, in place. */
export function roundCounts({ data }: Cells, schema: readonly ColumnSchema[]): void {
  schema.forEach(({ kind }, c) => {
    if (kind !== "count") return;
    for (let i = c; i < data.length; i += schema.length) data[i] = Math.max(0, Math.round(data[i]));
  });
}
