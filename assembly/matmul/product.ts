/**
 * The matrix product behind `dense` and `matmul`: C [rows, cols] = A · B + bias, cut at zero for relu.
 *
 * A(i, k) is at a + i·aLine + k·aStep and B(k, j) at b + j·bLine + k·bStep (strides in elements, one
 * of each pair 1), which covers all four transposes; C's rows are outLine apart, which covers parts. Blocks as in Goto and van de Geijn, 2008:
 * B packed once per block and reused by all rows, A packed per block, 4 × 8 tiles in registers.
 * Products of few rows go to `rows.ts`: packing would cost more than it saves.
 */
import { FORMAT_MATRIX } from "../opcodes.gen";
import { at, copy } from "../memory";
import { relu4 } from "../simd/activation";
import { edgeBias, edgeTile, packedA, packedB } from "../workspace";
import { BLOCK_COLS, BLOCK_ROWS, blockDepth } from "./block";
import { packPanel, packSixteen } from "./pack";
import { dotRows, sweepRows } from "./rows";
import { tile4x8 } from "./tile";

/** From here on packing pays: with fewer rows each packed weight meets one or two tiles. */
const FEW_ROWS: i32 = 8;

/** @param bias `cols` values added to every row; 0 for none */
export function product(
  out: usize,
  outLine: i32,
  rows: i32,
  cols: i32,
  inner: i32,
  a: usize,
  aLine: i32,
  aStep: i32,
  b: usize,
  bLine: i32,
  bStep: i32,
  bias: usize,
  relu: bool,
): void {
  assert(inner > 0 && (aLine == 1 || aStep == 1) && (bLine == 1 || bStep == 1));
  if (rows < FEW_ROWS && bLine == 1) {
    sweepRows(out, outLine, rows, cols, inner, a, aLine, aStep, b, bStep, FORMAT_MATRIX, bias, relu);
    return;
  }
  if (rows < FEW_ROWS && aStep == 1) {
    dotRows(out, outLine, rows, cols, inner, a, aLine, b, bLine, bias, relu);
    return;
  }
  const step = blockDepth(inner);
  for (let j = 0; j < cols; j += BLOCK_COLS) {
    const width = min(cols - j, BLOCK_COLS);
    for (let k = 0; k < inner; k += step) {
      const depth = min(inner - k, step), last = k + depth == inner;
      packPanels(packedB(), 8, at(b, j * bLine + k * bStep), bLine, bStep, width, depth);
      const blockBias = last && bias ? at(bias, j) : 0;
      for (let i = 0; i < rows; i += BLOCK_ROWS) {
        const height = min(rows - i, BLOCK_ROWS);
        packPanels(packedA(), 4, at(a, i * aLine + k * aStep), aLine, aStep, height, depth);
        const to = at(out, i * outLine + j);
        tiles(to, outLine, height, width, depth, k > 0, blockBias, last && relu);
      }
    }
  }
}

/** Packs a block of `lines` lines, one panel after the other. */
function packPanels(
  packed: usize,
  panelWidth: i32,
  source: usize,
  lineStride: i32,
  stepStride: i32,
  lines: i32,
  depth: i32,
): void {
  let line = 0;
  for (; lineStride == 1 && line <= lines - 16; line += 16) {
    packSixteen(at(packed, line * depth), panelWidth, at(source, line), stepStride, depth);
  }
  for (; line < lines; line += panelWidth) {
    const from = at(source, line * lineStride), count = min(lines - line, panelWidth);
    packPanel(at(packed, line * depth), panelWidth, from, lineStride, stepStride, count, depth);
  }
}

/** All tiles of one block: a panel of B stays in the first-level cache while A's go by. */
function tiles(
  out: usize,
  outLine: i32,
  rows: i32,
  cols: i32,
  depth: i32,
  accumulate: bool,
  bias: usize,
  relu: bool,
): void {
  for (let j = 0; j < cols; j += 8) {
    const b = at(packedB(), j * depth), width = cols - j;
    const tileBias = bias ? at(bias, j) : 0;
    for (let i = 0; i < rows; i += 4) {
      const a = at(packedA(), i * depth), height = rows - i;
      const to = at(out, i * outLine + j);
      if (height >= 4 && width >= 8) {
        wholeTile(to, <usize>outLine << 2, a, b, depth, accumulate, tileBias, relu);
      } else {
        const h = min(height, 4), w = min(width, 8);
        partTile(to, outLine, h, w, a, b, depth, accumulate, tileBias, relu);
      }
    }
  }
}

@inline
function wholeTile(
  out: usize,
  stride: usize,
  a: usize,
  b: usize,
  depth: i32,
  accumulate: bool,
  bias: usize,
  relu: bool,
): void {
  tile4x8(out, stride, a, b, depth, accumulate, bias);
  if (relu) cutTile(out, stride);
}

/** A tile that reaches over the edge of C: computed beside it, and copied. */
function partTile(
  out: usize,
  outLine: i32,
  height: i32,
  width: i32,
  a: usize,
  b: usize,
  depth: i32,
  accumulate: bool,
  bias: usize,
  relu: bool,
): void {
  const tile = edgeTile();
  if (accumulate) {
    for (let i = 0; i < height; i++) copy(at(tile, i * 8), at(out, i * outLine), width);
  }
  if (bias) copy(edgeBias(), bias, width);
  wholeTile(tile, 32, a, b, depth, accumulate, bias ? edgeBias() : 0, relu);
  for (let i = 0; i < height; i++) copy(at(out, i * outLine), at(tile, i * 8), width);
}

function cutTile(out: usize, stride: usize): void {
  for (let i = 0; i < 4; i++, out += stride) {
    v128.store(out, relu4(v128.load(out)));
    v128.store(out, relu4(v128.load(out, 16)), 16);
  }
}
