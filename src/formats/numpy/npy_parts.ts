/** NPY to Table, in parts: see `array_parts.ts`. */
import { DataError } from "../errors.ts";
import type { PartReader } from "../part_reader.ts";
import type { RandomAccess } from "../random_access.ts";
import type { Table, TableOptions } from "../table.ts";
import { LABEL_EXPECTED } from "../text/cells.ts";
import { ArrayParts } from "./array_parts.ts";
import { type NpyArray, tableOf } from "./npy.ts";
import { fileArrays } from "./npy_file.ts";

/** Makes tables of the parts of one array, in order. */
export class PartTables {
  #options: TableOptions;
  readonly #source: string;
  #rows = 0;

  /** Starts before the first part. */
  constructor(options: TableOptions) {
    this.#options = options;
    this.#source = options.source ?? "-";
  }

  /** The table of the next part. @param label of its rows, if they are in another array */
  next(array: NpyArray, label?: Float64Array): Table {
    const before = this.#rows;
    this.#rows += array.shape[0];
    const part = () => tableOf(array, this.#options, this.#source, label, before);
    try {
      return part();
    } catch (error) {
      const options = this.#options, { label: name, exclude = [], onLabelFault } = options;
      const isLabel = error instanceof DataError && error.expected === LABEL_EXPECTED;
      if (!isLabel || name === undefined || !onLabelFault) throw error;
      onLabelFault(error);
      this.#options = { ...options, label: undefined, exclude: [...exclude, name] };
      return part();
    }
  }
}

/** Reads a table that arrives in pieces. */
export class NpyParts implements PartReader {
  readonly #array: ArrayParts;
  readonly #tables: PartTables;

  /** Starts with nothing read. */
  constructor(options: TableOptions) {
    this.#array = new ArrayParts(options.source ?? "-", options);
    this.#tables = new PartTables(options);
  }

  /** See `PartReader`. */
  push(piece: Uint8Array): void {
    this.#array.push(piece);
  }

  /** See `PartReader`. */
  end(): void {
    this.#array.end();
  }

  /** See `PartReader`. */
  take(): Table | undefined {
    const array = this.#array.take();
    return array && this.#tables.next(array);
  }

  /** See `PartReader`. */
  joined(table: Table): Table {
    return table;
  }
}

/** Reads a table from a file of which any part can be read. */
export async function* npyFileParts(
  file: RandomAccess,
  options: TableOptions,
): AsyncGenerator<Table> {
  const { source = "-", maxCells } = options, tables = new PartTables(options);
  for await (const array of fileArrays(file, source, maxCells)) yield tables.next(array);
}
