/**
 * The matrix product behind `dense` and `matmul`: C [rows, cols] = A · B + bias, followed by max(0, ·) for relu.
 *
 * A(i, k) is at a + i·aLine + k·aStep and B(k, j) at b + j·bLine + k·bStep (strides in elements, one of each pair 1),
 * which covers all four transpositions. Rows of C are outLine apart, which covers parts of matrices. Blocking as in
 * Goto and van de Geijn, 2008: B is packed once per block and reused by all rows, A is packed per block, with 6 × 8
 * tiles in registers. Small operands already in reading order are not packed, because packing takes a tenth of the time
 * of a small product. B is not packed either if its panels are kept between runs (`packTiles`), as in programs that
 * change no weights. Products of few rows go to `rows.ts`, where packing would cost more than it saves.
 */
import { FORMAT_MATRIX } from "../opcodes.gen";
import { at, copy } from "../memory";
import { hasSameRows } from "../record";
import { isFused } from "../simd/fma";
import { edgeBias, edgeTile, packedA, packedB } from "../workspace";
import { blockCols, blockDepth, blockRows, shallowBlockDepth, SMALL_BLOCK, usedOnceCols } from "./block";
import { packPanel, packPanelPair } from "./pack";
import { sweepRows } from "./rows";
import { multiplyTile } from "./tile";

/** From this many rows, packing pays: with fewer, each packed weight is used by only one or two tiles. */
const FEW_ROWS: i32 = 8;

/**
 * @param bias `cols` values added to every row; 0 for none
 * @param tiles B as packed by `packTiles`; 0 for none
 */
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
  tiles: usize,
): void {
  assert(inner > 0 && (aLine == 1 || aStep == 1) && (bLine == 1 || bStep == 1));
  if (rows < FEW_ROWS && bLine == 1) {
    sweepRows(out, outLine, rows, cols, inner, a, aLine, aStep, b, bStep, FORMAT_MATRIX, bias, relu);
    return;
  }
  const isGradient = !isDefined(FORWARD_ONLY) && aLine == 1 && bLine == 1;
  const step = isGradient ? shallowBlockDepth(inner, max(aStep, bStep)) : blockDepth(inner);
  const mostRows = blockRows(rows, step), aWidth = isFused() ? 6 : 4;
  const isOneBlock = rows <= mostRows && step == inner;
  // Tiles are already packed, so they are one block of B.
  const most = tiles ? cols : isOneBlock ? usedOnceCols(step, cols) : blockCols(step);
  // Two heads on the same rows, such as those of a mean and a log-variance.
  let isPacked = isOneBlock && hasSameRows();
  for (let j = 0; j < cols; j += most) {
    const width = min(cols - j, most);
    for (let k = 0; k < inner; k += step) {
      const depth = min(inner - k, step), last = k + depth == inner;
      let bFrom = tiles ? at(tiles, j * inner + k * 8) : at(b, j * bLine + k * bStep);
      const bInPlace = tiles == 0 && isReadInPlace(8, bLine, bStep, width, depth);
      if (!tiles && !bInPlace) {
        packPanels(packedB(), 8, bFrom, bLine, bStep, width, depth);
        bFrom = packedB();
      }
      const blockBias = last && bias ? at(bias, j) : 0;
      for (let i = 0; i < rows; i += mostRows) {
        const height = min(rows - i, mostRows);
        const aFrom = at(a, i * aLine + k * aStep);
        const aInPlace = isReadInPlace(aWidth == 6 ? 2 : 4, aLine, aStep, height, depth);
        if (!aInPlace && !isPacked) packPanels(packedA(), aWidth, aFrom, aLine, aStep, height, depth);
        multiply(
          at(out, i * outLine + j), <usize>outLine << 2, height, aWidth, width, depth,
          aInPlace ? aFrom : packedA(), at(0, aInPlace ? 1 : depth), at(0, aInPlace ? aStep : 0),
          bFrom, at(0, bInPlace ? 8 : 8 * (tiles ? inner : depth)), at(0, bInPlace ? bStep : 8),
          k > 0, blockBias, last && relu,
        );
        isPacked = isOneBlock;
      }
    }
  }
}

/**
 * out [rows, cols] = a [rows, aInner] · b [cols, aInner]ᵀ + c [rows, cInner] · d [cols, cInner]ᵀ, as one sum of at most
 * BLOCK_DEPTH terms.
 * @param outLine the columns of the whole matrix that out is a part of
 */
export function productSum(
  out: usize,
  outLine: i32,
  rows: i32,
  cols: i32,
  a: usize,
  aInner: i32,
  b: usize,
  c: usize,
  cInner: i32,
  d: usize,
): void {
  const depth = aInner + cInner, most = blockCols(depth), mostRows = blockRows(rows, depth);
  const aWidth = isFused() ? 6 : 4;
  for (let j = 0; j < cols; j += most) {
    const width = min(cols - j, most);
    packSteps(packedB(), 8, at(b, j * aInner), width, aInner, 0, depth);
    packSteps(packedB(), 8, at(d, j * cInner), width, cInner, aInner, depth);
    for (let i = 0; i < rows; i += mostRows) {
      const height = min(rows - i, mostRows);
      packSteps(packedA(), aWidth, at(a, i * aInner), height, aInner, 0, depth);
      packSteps(packedA(), aWidth, at(c, i * cInner), height, cInner, aInner, depth);
      multiply(
        at(out, i * outLine + j), <usize>outLine << 2, height, aWidth, width, depth,
        packedA(), at(0, depth), 0, packedB(), at(0, 8 * depth), 32, false, 0, false,
      );
    }
  }
}

/** Packs B [inner, cols] in the order in which `product` reads it: panels [inner][8], the last padded with zeros. */
export function packTiles(to: usize, b: usize, inner: i32, cols: i32): void {
  packPanels(to, 8, b, 1, cols, cols, inner);
}

/** Whether the panels of a block are read in place: its lines are adjacent and fill all panels, and it is small. */
@inline
function isReadInPlace(
  panelWidth: i32,
  lineStride: i32,
  stepStride: i32,
  lines: i32,
  depth: i32,
): bool {
  return lineStride == 1 && lines % panelWidth == 0 && lines > 2 && stepStride * depth <= SMALL_BLOCK;
}

/** Lines of the next panel: instead of 6, panels of 4 if these fit the remaining lines better. */
@inline
function heightOf(left: i32, panelWidth: i32): i32 {
  if (panelWidth != 6) return panelWidth;
  return left > 8 || <u32>(left - 5) < 2 ? 6 : 4;
}

/** Packs a block of `lines` lines into consecutive panels: rows of A (6 or 4), columns of B (8). */
function packPanels(
  packed: usize,
  panelWidth: i32,
  source: usize,
  lineStride: i32,
  stepStride: i32,
  lines: i32,
  depth: i32,
): void {
  let width = 0;
  for (let line = 0; line < lines; line += width) {
    const to = at(packed, line * depth), from = at(source, line * lineStride), left = lines - line;
    width = heightOf(left, panelWidth);
    // From 16 on, two panels of equal width follow.
    if (lineStride == 1 && left >= 16 && width > 4) {
      packPanelPair(to, width, from, stepStride, depth);
      line += width;
    } else packPanel(to, width, from, lineStride, stepStride, left, depth);
  }
}

/** Packs lines of `steps` adjacent elements into panels of `depth` steps, after the first `before` of each. */
function packSteps(
  packed: usize,
  panelWidth: i32,
  source: usize,
  lines: i32,
  steps: i32,
  before: i32,
  depth: i32,
): void {
  let width = 0;
  for (let line = 0; line < lines; line += width) {
    width = heightOf(lines - line, panelWidth);
    const to = at(packed, line * depth + before * width);
    packPanel(to, width, at(source, line * steps), steps, 1, lines - line, steps);
  }
}

/**
 * Computes all tiles of one block: a panel of B stays in the first-level cache while those of A pass. A tile that
 * extends beyond the edge of C is computed in a buffer and copied.
 * @param aWidth rows of a panel of A: 6, or 4 where the registers do not suffice for 12 sums
 * @param aLine, bPanel bytes between lines of the panels of A, between panels of B
 * @param aStep, bStep bytes between steps of a panel; 0 for packed panels of A
 */
function multiply(
  out: usize,
  outLine: usize,
  rows: i32,
  aWidth: i32,
  cols: i32,
  depth: i32,
  a: usize,
  aLine: usize,
  aStep: usize,
  b: usize,
  bPanel: usize,
  bStep: usize,
  accumulate: bool,
  bias: usize,
  relu: bool,
): void {
  for (let colsLeft = cols; colsLeft > 0; colsLeft -= 8) {
    let tileBias = bias;
    if (bias && colsLeft < 8) {
      copy(edgeBias(), bias, colsLeft);
      tileBias = edgeBias();
    }
    let panel = a, to = out, height = 0;
    for (let rowsLeft = rows; rowsLeft > 0; rowsLeft -= height) {
      height = heightOf(rowsLeft, aWidth);
      const isEdge = rowsLeft < height || colsLeft < 8;
      let tile = to, line = outLine;
      if (isEdge) {
        tile = edgeTile(), line = 32;
        if (accumulate) copyTile(tile, line, to, outLine, min(rowsLeft, height), colsLeft);
      }
      const step = aStep ? aStep : <usize>height << 2;
      multiplyTile(height, tile, line, panel, step, b, bStep, depth, accumulate, tileBias, relu);
      if (isEdge) copyTile(to, outLine, tile, line, min(rowsLeft, height), colsLeft);
      panel += <usize>height * aLine;
      to += <usize>height * outLine;
    }
    b += bPanel;
    out += 32;
    if (bias) bias += 32;
  }
}

/** Copies the existing rows and columns of a tile. */
function copyTile(
  to: usize,
  toLine: usize,
  from: usize,
  fromLine: usize,
  rows: i32,
  colsLeft: i32,
): void {
  const width = min(colsLeft, 8);
  for (; rows > 0; rows--, to += toLine, from += fromLine) copy(to, from, width);
}
