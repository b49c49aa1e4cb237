/**
 * Weights W [inner, cols] in the order in which `sweepRows` reads them, for programs that run many times on few rows:
 * consecutive panels [inner][width], one for each stripe of 32, 16, 8, 4 or the last 1 to 3 columns.
 *
 *   matrix  W as it is, row by row
 *   f32     the same numbers, panel by panel
 *   bf16    panels of 8 columns or more as words of two weights of 8 significant bits: in each group
 *           of 8, column c in the lower half and column c + 4 in the upper
 *
 * The upper weight is read together with the lower one after its last bit, which saves a mask. So it is chosen as the
 * number nearest to its weight among those that end in the lower bits. Either way |ŵ - w| <= 2^-8 |w| + 2^-99. Numbers
 * below 2^-100 are not distinguished, because an upper zero would be read as a subnormal number, which is slow on some
 * processors.
 */
import { at } from "../memory";
import { FORMAT_BF16 } from "../opcodes.gen";

/** Width of the next stripe: 32, 16, 8, 4, or the tail. */
@inline
export function stripeOf(left: i32): i32 {
  return left >= 32 ? 32 : left >= 16 ? 16 : left >= 8 ? 8 : min(left, 4);
}

/** Whether a panel of this width stores two weights per word. */
@inline
export function isHalved(format: i32, width: i32): bool {
  return format == FORMAT_BF16 && width >= 8;
}

@inline
export function panelBytes(depth: i32, width: i32, halves: bool): usize {
  return <usize>depth * (<usize>width << (halves ? 1 : 2));
}

/** Packs `w` [inner, cols] to `to`, in the same space, or about half of it for bf16. */
export function packWeights(to: usize, w: usize, inner: i32, cols: i32, format: i32): void {
  for (let j = 0; j < cols;) {
    const width = stripeOf(cols - j), halves = isHalved(format, width);
    const line = panelBytes(1, width, halves);
    for (let k = 0; k < inner; k++, to += line) {
      const from = at(w, k * cols + j);
      // Bulk copies: this runs once, before the engine has optimised any loop.
      if (halves) packHalves(to, from, width);
      else memory.copy(to, from, line);
    }
    j += width;
  }
}

function packHalves(to: usize, from: usize, width: i32): void {
  const end = to + (<usize>width << 1);
  for (; to < end; to += 16, from += 32) {
    v128.store(to, packPairs(v128.load(from), v128.load(from, 16)));
  }
}

const SIGN: i32 = 0x80000000;
/** The magnitudes of the largest finite bf16 and of 2^-100, as upper halves. */
const MAX_UPPER_HALF: i32 = 0x7f7f;
const MIN_UPPER_HALF: i32 = 0x0d80;

/** Words that combine a weight of `low` and one of `high`. */
function packPairs(low: v128, high: v128): v128 {
  const sign = i32x4.splat(SIGN);
  const m = v128.andnot(low, sign);
  // Rounds to nearest, ties to even; below 2^-100 to zero.
  const odd = v128.and(i32x4.shr_u(m, 16), i32x4.splat(1));
  const up = i32x4.shr_u(i32x4.add(m, i32x4.add(odd, i32x4.splat(0x7fff))), 16);
  const flushed = v128.and(up, i32x4.ge_s(up, i32x4.splat(MIN_UPPER_HALF)));
  const lower = v128.or(
    i32x4.min_s(flushed, i32x4.splat(MAX_UPPER_HALF)),
    i32x4.shr_u(v128.and(low, sign), 16),
  );
  // The bits of a float without its sign are ordered like magnitudes, and linear within a power of two.
  const rest = i32x4.sub(v128.andnot(high, sign), lower);
  const nearest = i32x4.shr_s(i32x4.add(rest, i32x4.splat(0x8000)), 16);
  const upper = i32x4.min_s(
    i32x4.max_s(nearest, i32x4.splat(MIN_UPPER_HALF)),
    i32x4.splat(MAX_UPPER_HALF),
  );
  return v128.or(v128.or(v128.and(high, sign), i32x4.shl(upper, 16)), lower);
}
