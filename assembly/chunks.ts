/**
 * Runs a list over many rows, chunk by chunk: copies rows in, runs the list, copies results out. The values of a chunk
 * stay in the caches. Rows are independent, so each thread can take chunks in its own scratch memory, without waiting
 * for other threads between instructions. Layout of a thread list: src/backends/wasm/abi.ts.
 *
 * This file and program.ts call each other, because an instruction runs a list of instructions. Passing `executeList`
 * as an argument would end that, but costs every build some 40 bytes, for a call through a table.
 */
import { THREAD_LIST_COPY_BYTES, THREAD_LIST_HEAD_BYTES } from "./opcodes.gen";
import { executeList } from "./program";

/** Runs the list in `threadList` over rows first … first + rows - 1, at most `chunkRows` at a time. */
export function runChunks(threadList: usize, chunkRows: i32, first: i32, rows: i32): void {
  const count = load<i32>(threadList), inputs = load<i32>(threadList, 4), outputs = load<i32>(threadList, 8);
  const results = threadList + THREAD_LIST_HEAD_BYTES + <usize>inputs * THREAD_LIST_COPY_BYTES;
  const list = results + <usize>outputs * THREAD_LIST_COPY_BYTES;
  for (const end = first + rows; first < end; first += chunkRows) {
    const batch = min(end - first, chunkRows);
    for (let copy = threadList + THREAD_LIST_HEAD_BYTES; copy < results; copy += THREAD_LIST_COPY_BYTES) {
      memory.copy(scratchAddress(copy), externalAddress(copy, first), bytes(copy, batch));
    }
    executeList(list, count, batch);
    for (let copy = results; copy < list; copy += THREAD_LIST_COPY_BYTES) {
      memory.copy(externalAddress(copy, first), scratchAddress(copy), bytes(copy, batch));
    }
  }
}

@inline
function scratchAddress(copy: usize): usize {
  return load<usize>(copy);
}

@inline
function externalAddress(copy: usize, row: i32): usize {
  return load<usize>(copy, 4) + bytes(copy, row);
}

@inline
function bytes(copy: usize, rows: i32): usize {
  return <usize>rows * load<usize>(copy, 8);
}
