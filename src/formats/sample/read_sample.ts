/** Reads a table in parts, and keeps at most a given number of its rows. */
import type { ReadTableOptions, Table } from "../mod.ts";
import { RowSample, type RowSampleOptions } from "./row_sample.ts";
import type { OpenTable } from "./table_parts.ts";

/** How to sample; `onRows` is called with the number of rows read so far. */
export interface ReadSampleOptions extends RowSampleOptions {
  readonly onRows?: (rows: number) => void;
}

/** Reads a table that is open, and closes it. */
export async function sampleOf(
  table: OpenTable,
  options: ReadTableOptions,
  sample: ReadSampleOptions,
): Promise<Table> {
  try {
    const { parts, joined } = table.read(options);
    return joined(await sampleParts(parts, sample));
  } finally {
    await table.close();
  }
}

/** Some rows of a table that comes in parts. */
export async function sampleParts(
  parts: AsyncIterable<Table>,
  sample: ReadSampleOptions,
): Promise<Table> {
  const rows = new RowSample(sample);
  for await (const part of parts) {
    rows.add(part);
    sample.onRows?.(rows.read);
  }
  return rows.finish();
}
