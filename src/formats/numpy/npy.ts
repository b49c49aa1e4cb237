/**
 * NPY arrays: bytes to float64 and back.
 * Source: numpy.lib.format, versions 1.0, 2.0 and 3.0. Limits: 1-D and 2-D; types f2 f4 f8 i1..i8 u1..u8 b1, either
 * byte order, either storage order. 64-bit integers are rounded to the nearest float64. Pickled objects are refused.
 */
import { fromHalf } from "../../core/bytes/half.ts";
import type { CellCodec } from "../text/cells.ts";
import { DataError, quoteValue } from "../errors.ts";
import { type NpyHeader, readNpyHeader } from "./npy_header.ts";
import { createTable, defaultNames, planColumns } from "../table.ts";
import { selectColumns, type Table, type TableOptions, takeLabel } from "../table.ts";

/** An array read from an NPY file. */
export interface NpyArray {
  /** Type string of the file, for example "<f8". */
  readonly descr: string;
  /** One or two sizes. */
  readonly shape: readonly number[];
  /** Values in row-major order, whatever the order in the file; may hold NaN and infinities. */
  readonly data: Float64Array;
}

/** Arrays that can be written, each with the NPY type of the same name. */
export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

type Reader = (view: DataView, offsetBytes: number, little: boolean) => number;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["f2", (view, at, little) => fromHalf(view.getUint16(at, little))],
  ["f4", (view, at, little) => view.getFloat32(at, little)],
  ["f8", (view, at, little) => view.getFloat64(at, little)],
  ["i1", (view, at) => view.getInt8(at)],
  ["i2", (view, at, little) => view.getInt16(at, little)],
  ["i4", (view, at, little) => view.getInt32(at, little)],
  ["i8", (view, at, little) => Number(view.getBigInt64(at, little))],
  ["u1", (view, at) => view.getUint8(at)],
  ["u2", (view, at, little) => view.getUint16(at, little)],
  ["u4", (view, at, little) => view.getUint32(at, little)],
  ["u8", (view, at, little) => Number(view.getBigUint64(at, little))],
  ["b1", (view, at) => view.getUint8(at) === 0 ? 0 : 1],
]);

/**
 * Reads an NPY file.
 * @param source file name for messages
 * @param maxCells the most cells it may hold
 */
export function decodeNpy(
  bytes: Uint8Array,
  source: string = "-",
  maxCells: number = Infinity,
): NpyArray {
  const header = readTableHeader(bytes, source, maxCells), { descr, shape, offsetBytes } = header;
  // Checked before anything is allocated, so that a false shape costs nothing.
  requireLength(header, bytes.length - offsetBytes, source);
  return { descr, shape, data: decodeValues(header, bytes.subarray(offsetBytes), source) };
}

/**
 * The header of an array of rows. Each entry of an array of more dimensions, such as images, is a row.
 * @throws DataError for an array that is not numeric, that claims more cells, or whose entries are not stored one after
 * the other
 */
export function readTableHeader(
  bytes: Uint8Array,
  source: string,
  maxCells: number = Infinity,
): NpyHeader {
  const header = readNpyHeader(bytes, source), { descr, shape, fortranOrder } = header;
  readerOf(descr, source);
  if (shape.reduce((product, size) => product * size, 1) > maxCells) {
    const actual = `shape (${shape.join(", ")})`;
    throw new DataError({ source, expected: `at most ${maxCells} cells`, actual });
  }
  if (shape.length === 1 || shape.length === 2) return header;
  const [rows, ...sizes] = shape, subject = "array";
  if (rows === undefined) {
    throw new DataError({ source, subject, expected: "of at least 1 dimension", actual: "0-D" });
  }
  if (fortranOrder) {
    const actual = `${shape.length}-D in Fortran order`;
    throw new DataError({ source, subject, expected: "1-D, 2-D or in C order", actual });
  }
  return { ...header, shape: [rows, sizes.reduce((product, size) => product * size)] };
}

/** @throws DataError unless this number of bytes holds the array */
export function requireLength({ descr, shape }: NpyHeader, bytes: number, source: string): void {
  const [rows, columns = 1] = shape, needed = rows * columns * Number(descr[2]);
  if (needed === bytes) return;
  const expected = `${needed} bytes long for shape (${shape.join(", ")}) of ${descr}`;
  throw new DataError({ source, subject: "array data", expected, actual: `${bytes} bytes` });
}

/** The values in the bytes after a header, row-major. */
export function decodeValues(
  { descr, fortranOrder, shape: [rows, columns = 1] }: NpyHeader,
  bytes: Uint8Array,
  source: string,
): Float64Array {
  const read = readerOf(descr, source), itemBytes = Number(descr[2]), little = descr[0] !== ">";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float64Array(rows * columns);
  // Without this a shape such as (2^52, 0), which needs no bytes, would loop 2^52 times.
  if (data.length === 0) return data;
  const [rowStep, columnStep] = fortranOrder
    ? [itemBytes, rows * itemBytes]
    : [columns * itemBytes, itemBytes];
  let out = 0;
  for (let row = 0; row < rows; row++) {
    let at = row * rowStep;
    for (let column = 0; column < columns; column++, at += columnStep) {
      data[out++] = read(view, at, little);
    }
  }
  return data;
}

/**
 * Writes an NPY file, version 1.0, C order; the same bytes as `numpy.save` on a little-endian machine.
 * @param shape one or two sizes whose product is the length of the data
 */
export function encodeNpy(data: NpyData, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.length < 1 || shape.length > 2 || count !== data.length) {
    throw new RangeError(
      `Cannot write NPY: shape must be 1-D or 2-D and hold ${data.length} values` +
        `, got (${shape.join(", ")})`,
    );
  }
  const header = new TextEncoder().encode(headerText(descrOf(data), shape));
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  bytes.set([0x93], 0);
  new DataView(bytes.buffer).setUint16(8, header.length - 10, true);
  bytes.set(littleEndianBytes(data), header.length);
  return bytes;
}

/** Reads an NPY file as a table with columns x0, x1, ...; a 1-D array is one column. */
export function readNpy(bytes: Uint8Array, options: TableOptions = {}): Table {
  const source = options.source ?? "-";
  return tableOf(decodeNpy(bytes, source, options.maxCells), options, source);
}

/** The shape of the rows that an NPY file claims to hold. @throws DataError if they cannot be read */
export function npyShape(bytes: Uint8Array, source: string = "-"): readonly number[] {
  return readTableHeader(bytes, source).shape;
}

/**
 * An array as a table with columns x0, x1, ...; label and columns are chosen by these names.
 * @param before number of rows before these, for messages
 */
export function tableOf(
  array: NpyArray,
  options: TableOptions,
  source: string,
  label?: Float64Array,
  before = 0,
): Table {
  const [rows, width = 1] = array.shape;
  // Zero cells are refused before names are made: an empty shape may claim any width.
  if (rows === 0 || width === 0) {
    const actual = `shape (${array.shape.join(", ")})`;
    throw new DataError({ source, subject: "array", expected: "non-empty", actual });
  }
  const { cells } = options;
  const all = { columns: defaultNames(width), data: array.data, rows, label, source };
  let table = createTable(all, cells, before);
  const plan = planColumns(table.columns, options, source);
  if (options.label !== undefined) {
    table = takeLabel(table, options.label, before, options.parseLabel);
  }
  if (options.columns ?? options.exclude) table = selectColumns(table, plan.columns);
  return typeof cells === "function" ? encoded(table, cells) : table;
}

/** The cells encoded by each column's codec. */
function encoded(table: Table, codecOf: (column: string) => CellCodec): Table {
  const { columns, data, source } = table;
  const codecs = columns.map(codecOf);
  const codes = data.map((value, cell) => {
    const c = cell % columns.length, codec = codecs[c];
    const code = codec.encode(Number.isNaN(value) ? null : value);
    if (code !== undefined) return code;
    const row = Math.floor(cell / columns.length) + 1;
    const details = { expected: codec.expected(value), actual: `${value}` };
    throw new DataError({ source, row, column: columns[c], ...details });
  });
  return { ...table, data: codes };
}

function readerOf(descr: string, source: string): Reader {
  const read = descr.length === 3 ? READERS.get(descr.slice(1)) : undefined;
  const singleByte = descr[2] === "1";
  if (read && ("<>=".includes(descr[0]) || (singleByte && descr[0] === "|"))) return read;
  const subject = "array type";
  const expected = "one of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1";
  const kind = descr.includes("O") ? " (pickled Python objects are never read)" : "";
  throw new DataError({ source, subject, expected, actual: quoteValue(descr) + kind });
}

function descrOf(data: NpyData): string {
  const kind = data instanceof Float32Array || data instanceof Float64Array
    ? "f"
    : data instanceof Int8Array || data instanceof Int16Array || data instanceof Int32Array ||
        data instanceof BigInt64Array
    ? "i"
    : "u";
  const size = data.BYTES_PER_ELEMENT;
  return `${size === 1 ? "|" : "<"}${kind}${size}`;
}

function headerText(descr: string, shape: readonly number[]): string {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const literal = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // numpy leaves room for the first size to grow to 21 digits, then pads to a multiple of 64.
  const grown = literal.length + 21 - `${shape[0]}`.length;
  const padded = Math.ceil((10 + grown + 1) / 64) * 64 - 10;
  return `\0NUMPY\x01\0\0\0${literal.padEnd(padded - 1)}\n`;
}

function littleEndianBytes(data: NpyData): Uint8Array<ArrayBuffer> {
  const size = data.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(data.byteLength);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const bigEndianHost = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;
  if (bigEndianHost) {
    for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  }
  return bytes;
}
