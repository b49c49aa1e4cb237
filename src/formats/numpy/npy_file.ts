/** NPY in parts from a file of which any part can be read: an array that is stored by columns, too. */
import { concatBytes } from "../../core/bytes/bytes.ts";
import { DataError } from "../errors.ts";
import type { RandomAccess } from "../random_access.ts";
import { decodeValues, type NpyArray, readTableHeader, requireLength } from "./npy.ts";
import { HEADER_WITHIN, type NpyHeader, readNpyHeader } from "./npy_header.ts";

/** Numbers in a part; more if each column is read by itself. */
const PART_NUMBERS = 1 << 17, COLUMNS_NUMBERS = 1 << 20;

/** Whether an array with this beginning is stored by columns; false for a faulty one, which its reader refuses. */
export function isByColumns(head: Uint8Array, source: string): boolean {
  try {
    const { fortranOrder, shape: [rows, columns = 1] } = readNpyHeader(head, source);
    return fortranOrder && columns > 1 && rows > 0;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}

/** Rows after rows. */
export async function* fileArrays(
  file: RandomAccess,
  source: string,
  maxCells?: number,
): AsyncGenerator<NpyArray> {
  const head = new Uint8Array(await file.slice(0, HEADER_WITHIN));
  const header = readTableHeader(head, source, maxCells);
  requireLength(header, file.byteLength - header.offsetBytes, source);
  const { descr, fortranOrder, shape: [rows, columns = 1] } = header;
  if (rows * columns === 0) yield { descr, shape: header.shape, data: new Float64Array() };
  const numbers = fortranOrder ? COLUMNS_NUMBERS : PART_NUMBERS;
  const most = Math.max(1, Math.floor(numbers / columns));
  for (let first = 0; first < rows * Math.sign(columns); first += most) {
    const count = Math.min(most, rows - first), shape = [count, columns];
    const bytes = await rowsOf(file, header, first, count);
    yield { descr, shape, data: decodeValues({ ...header, shape }, bytes, source) };
  }
}

/** The bytes of some rows, in the order of the file. */
async function rowsOf(
  file: RandomAccess,
  { descr, fortranOrder, shape: [rows, columns = 1], offsetBytes }: NpyHeader,
  first: number,
  count: number,
): Promise<Uint8Array> {
  const itemBytes = Number(descr[2]);
  const between = async (start: number, items: number) => {
    const at = offsetBytes + start * itemBytes;
    return new Uint8Array(await file.slice(at, at + items * itemBytes));
  };
  if (!fortranOrder) return await between(first * columns, count * columns);
  const parts: Uint8Array[] = [];
  for (let c = 0; c < columns; c++) parts.push(await between(c * rows + first, count));
  return concatBytes(parts);
}
