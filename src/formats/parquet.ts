/**
 * Parquet to Table: flat columns of numbers, booleans, texts and times; null is a missing value.
 * Source: hyparquet 1.31.5 with hyparquet-compressors 1.1.2 (snappy, gzip, brotli, zstd, lz4), loaded only when a
 * Parquet file is read. Limits: nested columns are refused; whole numbers of 64 bits round to the nearest float64.
 */
import { CellGatherer } from "./text/cell_gatherer.ts";
import { type CellCodec, LABEL_EXPECTED, NUMBERS, parseLabel } from "./text/cells.ts";
import { DataError } from "./errors.ts";
import { GrowingArray } from "./text/growing_array.ts";
import { createTable, planColumns, type Table, type TableOptions } from "./table.ts";

/** The most cells of a file of so many bytes: one value that repeats takes no room, so that a header may claim any number. */
function mostCells(bytes: number): number {
  return Math.min(2 ** 28, 2 ** 20 + 100 * bytes);
}

/** Numbers are numbers in Parquet. */
const STRICT: CellCodec = {
  encode: (cell) => typeof cell === "number" && Number.isFinite(cell) ? cell : undefined,
  expected: (cell) => NUMBERS.expected(cell === null ? "" : String(cell)),
};

/** Reads a Parquet file. */
export async function readParquet(bytes: Uint8Array, options: TableOptions = {}): Promise<Table> {
  const { source = "-", cells = "numbers" } = options;
  const { names, rows, read } = await openParquet(bytes, source, options.maxCells);
  const plan = planColumns(names, options, source);
  const wanted = plan.labelIndex < 0 ? plan.columns : [...plan.columns, options.label!];
  const columns = await read(wanted);
  const gatherer = new CellGatherer(plan.columns, cells, STRICT), labels = new GrowingArray();
  for (let r = 0; r < rows; r++) {
    plan.columns.forEach((column, c) => {
      const cell = plainValue(columns[c][r]);
      const expected = gatherer.add(c, cell);
      if (expected === undefined) return;
      throw new DataError({ source, row: r + 1, column, expected, actual: show(cell) });
    });
    if (plan.labelIndex < 0) continue;
    const cell = plainValue(columns.at(-1)![r]), label = parseLabel(String(cell ?? ""));
    if (label === undefined) {
      const details = { expected: LABEL_EXPECTED, actual: show(cell) };
      throw new DataError({ source, row: r + 1, column: options.label, ...details });
    }
    labels.push(label);
  }
  const label = plan.labelIndex < 0 ? undefined : labels.toArray();
  return createTable({ columns: plan.columns, ...gatherer.finish(), rows, label, source }, cells);
}

/** The names of the columns. */
export async function parquetNames(bytes: Uint8Array, source: string): Promise<readonly string[]> {
  return (await openParquet(bytes, source)).names;
}

async function openParquet(bytes: Uint8Array, source: string, maxCells = Infinity) {
  const { parquetMetadata, parquetRead } = await import("npm:hyparquet@1.31.5");
  const { compressors } = await import("npm:hyparquet-compressors@1.1.2");
  const file = new Uint8Array(bytes).buffer;
  const metadata = orRefused(source, () => parquetMetadata(file));
  const [root, ...elements] = metadata.schema;
  const nested = elements.find(({ num_children }) => (num_children ?? 0) > 0);
  if (nested || root.num_children !== elements.length) {
    const column = nested?.name;
    throw new DataError({ source, column, expected: "flat", actual: "a nested column" });
  }
  const rows = Number(metadata.num_rows), most = Math.min(maxCells, mostCells(bytes.length));
  const claimed = Math.max(rows, ...metadata.row_groups.map(({ num_rows }) => Number(num_rows)));
  if (!(claimed * elements.length <= most)) {
    const actual = `${claimed} rows of ${elements.length}`;
    throw new DataError({ source, expected: `at most ${most} cells`, actual });
  }
  const read = async (columns: readonly string[]): Promise<unknown[][]> => {
    const whole = columns.map((): unknown[] => []);
    try {
      await parquetRead({
        file,
        metadata,
        compressors,
        columns: [...columns],
        onChunk({ columnName, columnData, rowStart }) {
          const own = whole[columns.indexOf(columnName)];
          for (let i = 0; i < columnData.length; i++) own[rowStart + i] = columnData[i];
        },
      });
    } catch (cause) {
      throw damaged(source, cause);
    }
    return whole;
  };
  return { names: elements.map(({ name }) => name), rows, read };
}

function orRefused<Value>(source: string, act: () => Value): Value {
  try {
    return act();
  } catch (cause) {
    throw damaged(source, cause);
  }
}

function damaged(source: string, cause: unknown): DataError {
  const actual = cause instanceof Error ? cause.message : String(cause);
  return new DataError({ source, expected: "a whole Parquet file", actual: `not one: ${actual}` }, {
    cause,
  });
}

/** A cell as the other formats have it. */
function plainValue(cell: unknown): unknown {
  if (typeof cell === "bigint") return Number(cell);
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? null : cell.toISOString();
  if (cell instanceof Uint8Array) return new TextDecoder().decode(cell);
  return cell ?? null;
}

function show(cell: unknown): string {
  return typeof cell === "string" ? JSON.stringify(cell.slice(0, 40)) : `${cell}`;
}
