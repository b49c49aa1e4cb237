/** NPY in parts: rows of a row-major array as they arrive. A column-major array is collected and read at its end. */
import { concatBytes } from "../../core/bytes/bytes.ts";
import { DataError } from "../errors.ts";
import type { PartReader } from "../part_reader.ts";
import type { Table, TableOptions } from "../table.ts";
import { LABEL_EXPECTED } from "../text/cells.ts";
import {
  decodeNpy,
  decodeValues,
  type NpyArray,
  readTableHeader,
  requireLength,
  tableOf,
} from "./npy.ts";
import { HEADER_WITHIN, type NpyHeader } from "./npy_header.ts";

/** Reads an array that arrives in pieces. */
export class NpyParts implements PartReader {
  #options: TableOptions;
  readonly #source: string;
  /** Set if rows are read as they arrive. */
  #header: NpyHeader | undefined;
  #isOpen = false;
  #isEnded = false;
  /** Bytes that are not in a part yet. */
  #held: Uint8Array = new Uint8Array();
  /** Pieces that follow them, joined when needed. */
  #pieces: Uint8Array[] = [];
  /** All bytes received after the header. */
  #bytes = 0;
  #rows = 0;

  /** Starts with nothing read. */
  constructor(options: TableOptions) {
    this.#options = options;
    this.#source = options.source ?? "-";
  }

  /** See `PartReader`. */
  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (!this.#isOpen && this.#bytes >= HEADER_WITHIN) this.#open();
  }

  /** See `PartReader`. */
  end(): void {
    if (!this.#isOpen) this.#open();
    this.#isEnded = true;
    if (this.#header) requireLength(this.#header, this.#bytes, this.#source);
  }

  /** See `PartReader`. */
  take(): Table | undefined {
    const header = this.#header, source = this.#source;
    if (!header) return this.#isEnded ? this.#part(decodeNpy(this.#joined(), source)) : undefined;
    const { descr, shape: [all, columns = 1] } = header, held = this.#joined();
    const rowBytes = columns * Number(descr[2]);
    const rows = Math.min(all - this.#rows, Math.floor(held.length / rowBytes));
    if (rows === 0) return undefined;
    this.#held = held.subarray(rows * rowBytes);
    const shape = [rows, columns];
    const data = decodeValues({ ...header, shape }, held.subarray(0, rows * rowBytes), source);
    const part = this.#part({ descr, shape, data });
    this.#rows += rows;
    return part;
  }

  /** See `PartReader`. */
  joined(table: Table): Table {
    return table;
  }

  #open(): void {
    const bytes = this.#joined(), header = readTableHeader(bytes, this.#source);
    this.#isOpen = true;
    const { fortranOrder, shape: [rows, columns = 1], offsetBytes } = header;
    if (fortranOrder && columns > 1 || rows * columns === 0) return;
    this.#header = header;
    this.#held = bytes.subarray(offsetBytes);
    this.#bytes -= offsetBytes;
  }

  #joined(): Uint8Array {
    this.#held = concatBytes([this.#held, ...this.#pieces.splice(0)]);
    return this.#held;
  }

  #part(array: NpyArray): Table {
    const options = this.#options, { label, exclude = [], onLabelFault } = options;
    const part = () => tableOf(array, this.#options, this.#source, undefined, this.#rows);
    try {
      return part();
    } catch (error) {
      const isLabel = error instanceof DataError && error.expected === LABEL_EXPECTED;
      if (!isLabel || label === undefined || !onLabelFault) throw error;
      onLabelFault(error);
      this.#options = { ...options, label: undefined, exclude: [...exclude, label] };
      return part();
    }
  }
}
