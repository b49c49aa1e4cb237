/**
 * Packing: `lines` lines (rows of A, columns of B) of `depth` steps become one panel [k][width], so that the tile reads
 * both operands at ascending addresses. Missing lines are zeros.
 *
 * Element (line, k) is at source + line·lineStride + k·stepStride (strides in elements, one of them 1). Transpose flags
 * only change the order of reading.
 */
import { at, loadTail } from "../memory";
import { BLOCK_DEPTH } from "./block";

/** Replaces missing lines. */
const ZEROS = memory.data(BLOCK_DEPTH * 4, 16);

/** Packs one panel of 4 or 8 lines. */
export function packPanel(
  panel: usize,
  width: i32,
  source: usize,
  lineStride: i32,
  stepStride: i32,
  lines: i32,
  depth: i32,
): void {
  for (let first = 0; first < width; first += 4) {
    const part = at(source, first * lineStride), count = max(min(lines - first, 4), 0);
    if (lineStride == 1) packSteps(at(panel, first), width, part, stepStride, count, depth);
    else packLines(at(panel, first), width, part, lineStride, count, depth);
  }
}

/**
 * Packs 16 adjacent lines into consecutive panels, two of 8 lines or four of 4. Each step reads one whole cache line.
 */
export function packSixteen(
  panels: usize,
  width: i32,
  from: usize,
  stepStride: i32,
  depth: i32,
): void {
  const fromStep = <usize>stepStride << 2, toStep = <usize>width << 2;
  const panelBytes = <usize>depth * toStep;
  let p0 = panels, p1 = width == 8 ? panels + 16 : panels + panelBytes;
  let p2 = width == 8 ? panels + panelBytes : p1 + panelBytes;
  let p3 = width == 8 ? p2 + 16 : p2 + panelBytes;
  for (const end = panels + panelBytes; p0 < end; from += fromStep) {
    v128.store(p0, v128.load(from));
    v128.store(p1, v128.load(from, 16));
    v128.store(p2, v128.load(from, 32));
    v128.store(p3, v128.load(from, 48));
    p0 += toStep;
    p1 += toStep;
    p2 += toStep;
    p3 += toStep;
  }
}

/** Lines are adjacent: one vector per step. */
function packSteps(
  to: usize,
  width: i32,
  from: usize,
  stepStride: i32,
  count: i32,
  depth: i32,
): void {
  const toStep = <usize>width << 2, fromStep = <usize>stepStride << 2;
  const end = to + <usize>depth * toStep;
  if (count == 4) {
    for (; to < end; to += toStep, from += fromStep) v128.store(to, v128.load(from));
  } else {
    const zero = f32x4.splat(0);
    for (; to < end; to += toStep, from += fromStep) v128.store(to, loadTail(from, count, zero));
  }
}

/** Steps are adjacent: 4 × 4 transposes. */
function packLines(
  to: usize,
  width: i32,
  line0: usize,
  lineStride: i32,
  count: i32,
  depth: i32,
): void {
  const line1 = count > 1 ? at(line0, lineStride) : ZEROS;
  const line2 = count > 2 ? at(line0, 2 * lineStride) : ZEROS;
  const line3 = count > 3 ? at(line0, 3 * lineStride) : ZEROS;
  if (count == 0) line0 = ZEROS;
  const step = <usize>width << 2;
  let k = 0;
  for (; k <= depth - 4; k += 4) {
    const r0 = v128.load(at(line0, k)), r1 = v128.load(at(line1, k));
    const r2 = v128.load(at(line2, k)), r3 = v128.load(at(line3, k));
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
    v128.store(to + step, v128.shuffle<f64>(low01, low23, 1, 3));
    v128.store(to + 2 * step, v128.shuffle<f64>(high01, high23, 0, 2));
    v128.store(to + 3 * step, v128.shuffle<f64>(high01, high23, 1, 3));
    to += 4 * step;
  }
  for (; k < depth; k++, to += step) {
    store<f32>(to, load<f32>(at(line0, k)));
    store<f32>(to, load<f32>(at(line1, k)), 4);
    store<f32>(to, load<f32>(at(line2, k)), 8);
    store<f32>(to, load<f32>(at(line3, k)), 12);
  }
}
