/**
 * Runs a list over many rows, chunk by chunk: copies rows in, runs the list, copies results out. The values of a chunk
 * stay in the caches. Rows are independent, so each thread can take chunks in its own scratch memory, without waiting
 * for other threads between instructions. Layout of a sheet: src/backends/wasm/abi.ts.
 *
 * This file and program.ts call each other, because an instruction runs a list of instructions. Passing `walk` as an
 * argument would end that, but costs 39 bytes of every build for a call through a table.
 */
import { SHEET_COPY_BYTES, SHEET_HEAD_BYTES } from "./opcodes.gen";
import { walk } from "./program";

/** Runs the list of `sheet` over rows first … first + rows - 1, at most `chunkRows` at a time. */
export function runChunks(sheet: usize, chunkRows: i32, first: i32, rows: i32): void {
  const count = load<i32>(sheet), inputs = load<i32>(sheet, 4), outputs = load<i32>(sheet, 8);
  const results = sheet + SHEET_HEAD_BYTES + <usize>inputs * SHEET_COPY_BYTES;
  const list = results + <usize>outputs * SHEET_COPY_BYTES;
  for (const end = first + rows; first < end; first += chunkRows) {
    const batch = min(end - first, chunkRows);
    for (let copy = sheet + SHEET_HEAD_BYTES; copy < results; copy += SHEET_COPY_BYTES) {
      memory.copy(inside(copy), outside(copy, first), bytes(copy, batch));
    }
    walk(list, count, batch);
    for (let copy = results; copy < list; copy += SHEET_COPY_BYTES) {
      memory.copy(outside(copy, first), inside(copy), bytes(copy, batch));
    }
  }
}

@inline
function inside(copy: usize): usize {
  return load<usize>(copy);
}

@inline
function outside(copy: usize, row: i32): usize {
  return load<usize>(copy, 4) + bytes(copy, row);
}

@inline
function bytes(copy: usize, rows: i32): usize {
  return <usize>rows * load<usize>(copy, 8);
}
