/**
 * Gathers the batches of a run. A view and a bulk copy for each row take 35 ns for 32 columns and leave garbage, a loop
 * as long; so a data set of moderate size is copied to a WebAssembly memory, where `assembly/gather.ts` takes 6 ns, and
 * a batch leaves it as a whole. On hosts that forbid compiling bytes, rows are copied one by one.
 */
import { fromHexadecimal } from "../../core/bytes/hex.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { GATHER_HEX } from "./gather.gen.ts";
import { gatherRows } from "./minibatch.ts";

/** What may be copied, and the columns from which on a bulk copy of each row is as fast. */
const MAX_BYTES = 32 * 2 ** 20, MAX_COLUMNS = 128;
/** Bytes of rows that are gathered at a time. */
const CHUNK_BYTES = 65536;
const PAGE_BYTES = 65536;

/** Copies the rows `indices[first … first + count - 1]`, wrapping around, to the start of `into`. */
export type GatherRows = (
  indices: Uint32Array,
  first: number,
  count: number,
  into: Float32Array | Float64Array,
) => void;

// Compiled once in a process.
const compiled: { module?: WebAssembly.Module } = {};

/** @param matrix must not change afterwards */
export function gathererOf(matrix: Matrix): GatherRows {
  const rowByRow: GatherRows = (...request) => gatherRows(matrix, ...request);
  if (matrix.shape[1] > MAX_COLUMNS || matrix.data.byteLength > MAX_BYTES) return rowByRow;
  try {
    return inWebAssembly(matrix);
  } catch {
    return rowByRow;
  }
}

function inWebAssembly({ data, shape: [, columns] }: Matrix): GatherRows {
  const module = compiled.module ??= new WebAssembly.Module(fromHexadecimal(GATHER_HEX));
  const bytes = 4 * columns, most = Math.floor(CHUNK_BYTES / bytes);
  const indicesAt = data.byteLength, batchAt = indicesAt + 4 * most;
  const pages = Math.ceil((batchAt + most * bytes) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { gather } = new WebAssembly.Instance(module, { env: { memory } }).exports as {
    gather(to: number, indices: number, count: number, bytes: number): void;
  };
  new Float32Array(memory.buffer).set(data);
  const numbers = new Uint32Array(memory.buffer, indicesAt, most);
  let batch = new Float32Array(memory.buffer, batchAt, 0);
  return (indices, first, count, into) => {
    const { length } = indices;
    for (let done = 0; done < count;) {
      const rows = Math.min(most, count - done);
      for (let i = 0, at = (first + done) % length; i < rows; i++) {
        numbers[i] = indices[at];
        if (++at === length) at = 0;
      }
      gather(batchAt, indicesAt, rows, bytes);
      const wanted = rows * columns;
      if (batch.length !== wanted) batch = new Float32Array(memory.buffer, batchAt, wanted);
      into.set(batch, done * columns);
      done += rows;
    }
  };
}
