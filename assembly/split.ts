/**
 * Splits an instruction into tiles of its output. A tile is a separate record, with pointers and sizes adjusted to a
 * window of the operands, so kernels need not know about tiles. Every element of a kernel's output has the same bits in
 * any window, so results do not depend on the number of tiles or on which thread computes them. Sums are never split.
 *
 *   CUT_ROWS     rows of the output, and of every operand with as many rows or a multiple
 *   CUT_COLUMNS  columns of the output and of its operand, for sums over rows
 *   CUT_PRODUCT  rows or columns of a matrix product, whichever are more; every tile packs the other
 *                operand again
 *   CUT_CHUNKS   chunks of a list, with a list per thread (program.ts); one chunk per tile, so that no
 *                thread waits long for a slow one
 *
 * The cut and its cost are in the record's word SPLIT (src/backends/wasm/split.ts).
 */
import * as op from "./opcodes.gen";
import { at, cols, float, int, opcode, operand, record, rows, size } from "./record";

/** Products are cut at multiples of this, so that no tile has too few rows to pay for packing. */
const PRODUCT_ROWS: i32 = 8;
const COLUMNS: i32 = 16;
/** Maximum tiles of a list in chunks, above any number of chunks (MAX_CHUNKS of src/trained/calls/map_rows.ts). */
const MAX_CHUNKS: i32 = 256;

/** Attribute of the random draws: the rows before the tile. */
const ROWS_BEFORE: i32 = 2;

/** The number of tiles, 1 to `most`, to cut the current record into, each worth `tileWork` picoseconds. */
export function tilesOf(tileWork: f32, maxTiles: i32): i32 {
  const cost = <f32>(split() >> 8);
  let work: f32, units: i32;
  switch (split() & 0xff) {
    case op.CUT_ROWS: {
      work = cost * <f32>max(size(0), size(1));
      units = unitsOf();
      break;
    }
    case op.CUT_COLUMNS: {
      work = cost * <f32>size(1);
      units = cols(0) / COLUMNS;
      break;
    }
    case op.CUT_PRODUCT: {
      work = cost * <f32>size(0) * <f32>innerOf();
      units = isTall() ? rows(0) / PRODUCT_ROWS : cols(0) / COLUMNS;
      break;
    }
    case op.CUT_CHUNKS: {
      work = float(4) * <f32>rows(0);
      units = chunksOf();
      if (maxTiles > 1) maxTiles = MAX_CHUNKS;
      break;
    }
    default: return 1;
  }
  return max(1, min(min(units, maxTiles), <i32>min(work / tileWork, 32767)));
}

/** Writes tile `tile` of `tiles` of the current record to `to`, for thread number `thread`. */
export function cut(to: usize, tile: i32, tiles: i32, thread: i32): void {
  memory.copy(to, record(), op.RECORD_BYTES);
  switch (split() & 0xff) {
    case op.CUT_ROWS: { cutRows(to, tile, tiles); break; }
    case op.CUT_COLUMNS: { cutColumns(to, tile, tiles); break; }
    case op.CUT_CHUNKS: { cutChunks(to, tile, tiles, thread); break; }
    default: cutProduct(to, tile, tiles);
  }
}

function cutRows(to: usize, tile: i32, tiles: i32): void {
  const units = unitsOf();
  const from = start(tile, tiles, units, 1, units);
  const count = start(tile + 1, tiles, units, 1, units) - from;
  for (let slot = 0; slot < op.OPERAND_SLOTS; slot++) {
    const height = rows(slot);
    // A single row is shared by all tiles.
    if (height < units || height % units) continue;
    const each = height / units;
    move(to, slot, from * each * cols(slot));
    setRows(to, slot, count * each);
  }
  if (opcode() == op.OP_RANDOM_NORMAL || opcode() == op.OP_RANDOM_UNIFORM) {
    store<i32>(to + (<usize>ROWS_BEFORE << 2), from, op.ATTRIBUTE_BYTE);
  }
}

function cutColumns(to: usize, tile: i32, tiles: i32): void {
  const width = cols(0);
  const from = start(tile, tiles, width / COLUMNS, COLUMNS, width);
  move(to, 0, from);
  move(to, 1, from);
  setCols(to, start(tile + 1, tiles, width / COLUMNS, COLUMNS, width) - from);
}

function cutProduct(to: usize, tile: i32, tiles: i32): void {
  const isMatmul = opcode() == op.OP_MATMUL, height = rows(0), width = cols(0);
  // A sum of two products (productSum).
  const isSum = !isDefined(FORWARD_ONLY) && isMatmul && at(3) != 0;
  if (isTall()) {
    const units = height / PRODUCT_ROWS;
    const from = start(tile, tiles, units, PRODUCT_ROWS, height);
    move(to, 0, from * width);
    move(to, 1, isMatmul && int(0) ? from : from * cols(1));
    if (isSum) move(to, 3, from * cols(3));
    setRows(to, 0, start(tile + 1, tiles, units, PRODUCT_ROWS, height) - from);
  } else {
    const from = start(tile, tiles, width / COLUMNS, COLUMNS, width);
    move(to, 0, from);
    move(to, 2, isMatmul && int(1) ? from * cols(2) : from);
    if (!isMatmul) move(to, 3, from); // the bias
    if (isSum) move(to, 4, from * cols(4));
    const panels = int(op.TILES_ATTRIBUTE);
    if (panels) {
      const moved = panels + from * innerOf() * 4;
      store<i32>(to + (<usize>op.TILES_ATTRIBUTE << 2), moved, op.ATTRIBUTE_BYTE);
    }
    setCols(to, start(tile + 1, tiles, width / COLUMNS, COLUMNS, width) - from);
  }
}

function cutChunks(to: usize, tile: i32, tiles: i32, thread: i32): void {
  const chunks = chunksOf(), chunkRows = int(2), height = rows(0);
  const from = start(tile, tiles, chunks, chunkRows, height);
  store<i32>(to, int(0) + thread * int(1), op.ATTRIBUTE_BYTE);
  store<i32>(to, int(3) + from, op.ATTRIBUTE_BYTE + 12);
  setRows(to, 0, start(tile + 1, tiles, chunks, chunkRows, height) - from);
}

function chunksOf(): i32 {
  return (rows(0) + int(2) - 1) / int(2);
}

/** Start of a tile. Tiles have nearly equal numbers of units, and the last also takes the remainder. */
function start(tile: i32, tiles: i32, units: i32, unit: i32, end: i32): i32 {
  return tile == tiles ? end : <i32>(<i64>tile * units / tiles) * unit;
}

function split(): i32 {
  return load<i32>(record(), op.SPLIT_BYTE);
}

/** The units of CUT_ROWS: rows of the output, or of the operand whose rows the output repeats. */
function unitsOf(): i32 {
  return opcode() == op.OP_REPEAT_ROWS ? rows(1) : rows(0);
}

function isTall(): bool {
  return rows(0) >= cols(0);
}

/** The terms of each sum of a product. */
function innerOf(): i32 {
  return opcode() == op.OP_MATMUL && int(0) ? rows(1) : cols(1);
}

function move(to: usize, slot: i32, elements: i32): void {
  store<usize>(to + operand(slot) - record(), at(slot) + (<usize>elements << 2));
}

/** Sets an operand's number of rows. */
function setRows(to: usize, slot: i32, count: i32): void {
  const words = to + operand(slot) - record();
  store<i32>(words, count, 4);
  store<i32>(words, 0, 8);
}

/** Sets the columns of the output. */
function setCols(to: usize, count: i32): void {
  store<i32>(to + operand(0) - record(), count, 12);
}
