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

/** Packs one panel of 4, 6 or 8 lines. */
export function packPanel(
  panel: usize,
  width: i32,
  source: usize,
  lineStride: i32,
  stepStride: i32,
  lines: i32,
  depth: i32,
): void {
  if (lineStride != 1 && width == 6) return packSix(panel, source, lineStride, lines, depth);
  for (let first = 0; first < width; first += 4) {
    const to = at(panel, first), part = at(source, first * lineStride);
    const count = max(min(min(lines, width) - first, 4), 0);
    if (lineStride != 1) packLines(to, width, part, lineStride, count, depth);
    else packSteps(to, width, part, stepStride, count, depth, width - first == 2);
  }
}

/**
 * Packs two consecutive panels of adjacent lines, of 8 or 6 lines each. Each step reads most of one cache line.
 */
export function packPanelPair(
  panels: usize,
  width: i32,
  from: usize,
  stepStride: i32,
  depth: i32,
): void {
  const fromStep = <usize>stepStride << 2, toStep = <usize>width << 2;
  let second = panels + <usize>depth * toStep;
  for (const end = second; panels < end; from += fromStep) {
    v128.store(panels, v128.load(from));
    if (width == 8) {
      v128.store(panels, v128.load(from, 16), 16);
      v128.store(second, v128.load(from, 32));
      v128.store(second, v128.load(from, 48), 16);
    } else {
      v128.store_lane<f64>(panels, v128.load(from, 16), 0, 16);
      v128.store(second, v128.load(from, 24));
      v128.store_lane<f64>(second, v128.load(from, 32), 1, 16);
    }
    panels += toStep;
    second += toStep;
  }
}

/** Lines are adjacent: one vector per step, or half of one. */
function packSteps(
  to: usize,
  width: i32,
  from: usize,
  stepStride: i32,
  count: i32,
  depth: i32,
  isPair: bool,
): void {
  const toStep = <usize>width << 2, fromStep = <usize>stepStride << 2;
  const end = to + <usize>depth * toStep;
  if (count == 4) {
    for (; to < end; to += toStep, from += fromStep) v128.store(to, v128.load(from));
  } else {
    const zero = f32x4.splat(0);
    for (; to < end; to += toStep, from += fromStep) {
      const lanes = loadTail(from, count, zero);
      if (isPair) v128.store_lane<f64>(to, lanes, 0);
      else v128.store(to, lanes);
    }
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

/** The same for a panel of 6, in pairs of lines: four steps are six vectors. */
function packSix(to: usize, line0: usize, lineStride: i32, lines: i32, depth: i32): void {
  const stride = <usize>lineStride << 2;
  let line1 = line0 + stride, line2 = line1 + stride, line3 = line2 + stride, line4 = line3 + stride;
  let line5 = lines > 5 ? line4 + stride : ZEROS;
  let k = 0;
  for (; k <= depth - 4; k += 4) {
    const r0 = v128.load(line0), r1 = v128.load(line1), r2 = v128.load(line2);
    const r3 = v128.load(line3), r4 = v128.load(line4), r5 = v128.load(line5);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const low45 = v128.shuffle<f32>(r4, r5, 0, 4, 1, 5);
    v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
    v128.store(to, v128.shuffle<f64>(low45, low01, 0, 3), 16);
    v128.store(to, v128.shuffle<f64>(low23, low45, 1, 3), 32);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    const high45 = v128.shuffle<f32>(r4, r5, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(high01, high23, 0, 2), 48);
    v128.store(to, v128.shuffle<f64>(high45, high01, 0, 3), 64);
    v128.store(to, v128.shuffle<f64>(high23, high45, 1, 3), 80);
    to += 96;
    line0 += 16, line1 += 16, line2 += 16, line3 += 16, line4 += 16, line5 += 16;
  }
  for (; k < depth; k++, to += 24) {
    store<f32>(to, load<f32>(line0));
    store<f32>(to, load<f32>(line1), 4);
    store<f32>(to, load<f32>(line2), 8);
    store<f32>(to, load<f32>(line3), 12);
    store<f32>(to, load<f32>(line4), 16);
    store<f32>(to, load<f32>(line5), 20);
    line0 += 4, line1 += 4, line2 += 4, line3 += 4, line4 += 4, line5 += 4;
  }
}
