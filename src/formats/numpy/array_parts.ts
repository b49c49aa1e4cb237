/** NPY in parts: rows of a row-major array as they arrive. A column-major array is collected and read at its end. */
import { concatBytes } from "../../core/bytes/bytes.ts";
import { DataError } from "../errors.ts";
import type { TableOptions } from "../table.ts";
import { decodeNpy, decodeValues, type NpyArray, readTableHeader, requireLength } from "./npy.ts";
import { HEADER_WITHIN, type NpyHeader } from "./npy_header.ts";

/** 4 GiB: more than any table for a training run, less than what brings a machine down. */
export const DEFAULT_MAX_INFLATED_BYTES: number = 2 ** 32;

/** Limits on the cells, and on the bytes that have to be in memory. */
type ArrayLimits = Pick<TableOptions, "maxInflatedBytes" | "maxCells">;

/** Reads an array that arrives in pieces. */
export class ArrayParts {
  readonly #source: string;
  readonly #limits: ArrayLimits;
  #shape: readonly number[] | undefined;
  /** Set if rows are read as they arrive. */
  #header: NpyHeader | undefined;
  /** Whether a column-major array has arrived, and was not taken yet. */
  #isWhole = false;
  /** Bytes that are not in a part yet. */
  #held: Uint8Array = new Uint8Array();
  /** Pieces that follow them, joined when needed. */
  #pieces: Uint8Array[] = [];
  /** All bytes received after the header. */
  #bytes = 0;
  #rows = 0;

  /**
   * Starts with nothing read.
   * @param source for messages
   */
  constructor(source: string, limits: ArrayLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  /** The shape of the whole array, once its header has arrived. */
  get shape(): readonly number[] | undefined {
    return this.#shape;
  }

  /** What has arrived of an array that is stored by columns. */
  get collected(): Uint8Array | undefined {
    return this.#shape && !this.#header ? this.#joined() : undefined;
  }

  /** Takes the next piece; pieces may end anywhere. */
  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (!this.#shape && this.#bytes >= HEADER_WITHIN) this.#open();
    const { maxInflatedBytes = DEFAULT_MAX_INFLATED_BYTES } = this.#limits;
    if (this.#header || this.#bytes <= maxInflatedBytes) return;
    const expected = `at most ${maxInflatedBytes} bytes long if it is stored by columns`;
    throw new DataError({ source: this.#source, subject: "array data", expected });
  }

  /** Ends the input. */
  end(): void {
    if (!this.#shape) this.#open();
    if (this.#header) requireLength(this.#header, this.#bytes, this.#source);
    else this.#isWhole = true;
  }

  /** The rows since the last call, if any. */
  take(): NpyArray | undefined {
    const header = this.#header, source = this.#source;
    if (!header) {
      if (!this.#isWhole) return undefined;
      this.#isWhole = false;
      return decodeNpy(this.#joined(), source);
    }
    const { descr, shape: [all, columns = 1] } = header, held = this.#joined();
    const rowBytes = columns * Number(descr[2]);
    const rows = Math.min(all - this.#rows, Math.floor(held.length / rowBytes));
    if (rows === 0) return undefined;
    this.#held = held.subarray(rows * rowBytes);
    this.#rows += rows;
    const shape = [rows, columns], bytes = held.subarray(0, rows * rowBytes);
    return { descr, shape, data: decodeValues({ ...header, shape }, bytes, source) };
  }

  #open(): void {
    const bytes = this.#joined(), { maxCells } = this.#limits;
    const header = readTableHeader(bytes, this.#source, maxCells);
    const { fortranOrder, shape, offsetBytes } = header, [rows, columns = 1] = shape;
    this.#shape = shape;
    if (fortranOrder && columns > 1 || rows * columns === 0) return;
    this.#header = header;
    this.#held = bytes.subarray(offsetBytes);
    this.#bytes -= offsetBytes;
  }

  #joined(): Uint8Array {
    this.#held = concatBytes([this.#held, ...this.#pieces.splice(0)]);
    return this.#held;
  }
}
