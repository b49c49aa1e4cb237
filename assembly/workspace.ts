/**
 * Memory private to one thread. Threads are instances over one memory with separate globals; the global `base` points
 * to the thread's workspace. The first thread's is static; the host assigns one to every other thread with
 * `useWorkspace`.
 *
 *   packed A | packed B | edge tile, 6 rows of 8 | edge bias, 8 | buffer of 5 vectors for row tails
 *   | the record of a tile | a word
 */
import { RECORD_BYTES } from "./opcodes.gen";
import { BLOCK_A_ROUNDED, BLOCK_B } from "./matmul/block";

const PACKED_B: usize = 4 * BLOCK_A_ROUNDED;
const EDGE_TILE: usize = PACKED_B + 4 * BLOCK_B;
const EDGE_BIAS: usize = EDGE_TILE + 4 * 6 * 8;
const ROW_TAILS: usize = EDGE_BIAS + 4 * 8;
const TILE_RECORD: usize = ROW_TAILS + 5 * 16;
const WRITE_ONLY_WORD: usize = TILE_RECORD + RECORD_BYTES;
const WORKSPACE_BYTES: i32 = <i32>WRITE_ONLY_WORD + 4;

let base = memory.data(WORKSPACE_BYTES, 64);

export function workspaceBytes(): i32 {
  return WORKSPACE_BYTES;
}

/** Sets this thread's workspace, of workspaceBytes() bytes at a multiple of 64. */
export function useWorkspace(workspace: usize): void {
  base = workspace;
}

@inline
export function packedA(): usize {
  return base;
}

@inline
export function packedB(): usize {
  return base + PACKED_B;
}

/** A tile that extends beyond the edge of C is computed here. */
@inline
export function edgeTile(): usize {
  return base + EDGE_TILE;
}

@inline
export function edgeBias(): usize {
  return base + EDGE_BIAS;
}

/** The buffer for a vector of an operand (1 to 4) or of the output (0) of an elementwise kernel: simd/stretch.ts. */
@inline
export function rowTail(slot: i32): usize {
  return base + ROW_TAILS + (<usize>slot << 4);
}

/** The record of the tile that this thread executes. */
@inline
export function tileRecord(): usize {
  return base + TILE_RECORD;
}

/** A word that is written and never read (threads.ts). */
@inline
export function writeOnlyWord(): usize {
  return base + WRITE_ONLY_WORD;
}
