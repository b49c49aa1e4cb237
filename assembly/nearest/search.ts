/**
 * The columns of the smallest elements of x · W + b, row by row: `dense` and `smallestCols` combined, with the same
 * bits, and without storing the product. Comparing a row with all references (`scoring/ensemble/members.ts`) is a
 * product of short sums and many columns, which takes less time to compute than to write and read twice.
 *
 * Columns are sorted along one direction, in groups, and rows are sorted in the same way (sorted.ts). Four adjacent
 * rows are searched together. First the groups beside them give each row a bound (bounds.ts). Then the search continues
 * to both sides, as long as a group may contain an element up to the bound. Elements up to the bound are gathered and
 * ranked (gather.ts).
 *
 * The search stops once the remaining groups exceed the bounds by more than all rounding errors, 4 SLACK (inner + 16)
 * (‖x‖² + h²): product, projections and squares together have an error of at most 12 (inner + 4) 2^-24 (‖x‖² + h²). If
 * anything is not finite, or squares might overflow, all groups are searched.
 */
import { packPanel } from "../matmul/pack";
import { product } from "../matmul/product";
import { sweepRows } from "../matmul/rows";
import { at, copy } from "../memory";
import { FORMAT_MATRIX } from "../opcodes.gen";
import { madd } from "../simd/fma";
import { smallestCols } from "../smallest";
import { boundsOf } from "./bounds";
import { finish, gather, sort } from "./gather";
import { group } from "./group";
import {
  GROUP_BYTES,
  GROUP_COLUMNS,
  groupsAt,
  minimaAt,
  orderAt,
  orderedAt,
  projectionsAt,
  rowsAt,
  SPAN_ROWS,
  tilesAt,
} from "./workspace_layout";
import { directionOf, endsOf, groupsOf, idsOf, panelBytes } from "./sorted";

export { sortColumns } from "./sorted";

/** Groups used for the first bound: 256 columns. */
const FIRST_GROUPS: i32 = 8;
const SLACK: f32 = 1.0 / 1048576.0; // 2^-20

/**
 * out [rows, count] = the columns of the smallest elements of x [rows, inner] · weight [inner, cols] + bias [1, cols].
 * @param count up to 11: bounds.ts
 * @param sorted weight and bias as written by `sortColumns`
 */
export function smallestDense(
  out: usize,
  rows: i32,
  count: i32,
  x: usize,
  inner: i32,
  weight: usize,
  bias: usize,
  cols: i32,
  sorted: usize,
): void {
  const direction = directionOf(sorted, inner, groupsOf(cols));
  for (let row = 0; row < rows; row += SPAN_ROWS) {
    const span = min(rows - row, SPAN_ROWS), inFours = span & ~3;
    order(at(x, row * inner), inFours, inner, direction);
    for (let i = 0, begin = 0; i < span; i++) {
      const isOfFour = i < inFours;
      if (isOfFour && !(i & 3)) begin = searchFour(at(orderedAt(), i * inner), count, inner, cols, sorted, begin);
      const place = row + (isOfFour ? load<i32>(at(orderAt(), i)) : i), to = at(out, place * count);
      if (!isOfFour || !finish(to, i & 3, count)) {
        searchOneRow(to, at(x, place * inner), count, inner, weight, bias, cols);
      }
    }
  }
}

/** Searches one row by computing all of its products. */
function searchOneRow(out: usize, x: usize, count: i32, inner: i32, weight: usize, bias: usize, cols: i32): void {
  sweepRows(tilesAt(), cols, 1, cols, inner, x, inner, 1, weight, cols, FORMAT_MATRIX, bias, false);
  smallestCols(out, tilesAt(), 1, cols, count);
}

/** Writes the rows sorted along the direction, and their permutation. */
function order(x: usize, rows: i32, inner: i32, direction: usize): void {
  product(projectionsAt(), 1, rows, 1, inner, x, inner, 1, direction, 1, 1, 0, false, 0);
  sort(orderAt(), projectionsAt(), rows);
  for (let i = 0; i < rows; i++) {
    copy(at(orderedAt(), i * inner), at(x, load<i32>(at(orderAt(), i)) * inner), inner);
  }
}

/**
 * Gathers the candidates for four adjacent rows.
 * @param begin the first group beside the previous four rows
 * @returns the first group beside these rows
 */
function searchFour(x: usize, count: i32, inner: i32, cols: i32, sorted: usize, begin: i32): i32 {
  const all = groupsOf(cols), ends = endsOf(sorted, inner, all), direction = directionOf(sorted, inner, all);
  packPanel(rowsAt(), 4, x, inner, 1, 4, inner);
  let projection = f32x4.splat(0), square = projection;
  for (let k = 0; k < inner; k++) {
    const lanes = v128.load(rowsAt() + (<usize>k << 4));
    projection = madd(lanes, v128.load32_splat(at(direction, k)), projection);
    square = madd(lanes, lanes, square);
  }
  while (
    begin + FIRST_GROUPS < all &&
    load<f32>(at(ends, 2 * begin + FIRST_GROUPS)) < f32x4.extract_lane(projection, 1)
  ) begin++;
  const end = min(begin + FIRST_GROUPS, all);
  let computed = 0;
  for (let each = begin; each < end; each++) computed = addGroup(each, computed, sorted, inner);
  let bounds = boundsOf(computed);
  // If squares might not be finite, four times as much is infinite.
  const largest = f32x4.mul(f32x4.add(square, v128.load32_splat(at(direction, inner))), f32x4.splat(4));
  const error = madd(largest, f32x4.splat(SLACK * <f32>(inner + 16)), f32x4.splat(1e-30));
  const limits = f32x4.add(f32x4.add(bounds, square), error), least = v128.load32_splat(at(direction, inner + 1));
  // To one side, then the other, as far as candidates may exist.
  for (let step = -1, each = begin - 1; step <= 1; step += 2, each = end) {
    for (; each >= 0 && each < all; each += step) {
      const low = v128.load32_splat(at(ends, each << 1)), high = v128.load32_splat(at(ends, each << 1), 4);
      const distance = f32x4.pmax(f32x4.pmax(f32x4.sub(low, projection), f32x4.sub(projection, high)), f32x4.splat(0));
      // The comparison is false if any value is NaN, and the search continues.
      if (i32x4.all_true(f32x4.gt(madd(distance, distance, least), limits))) break;
      computed = addGroup(each, computed, sorted, inner);
    }
  }
  if (computed > end - begin) bounds = boundsOf(computed);
  gather(bounds, computed, idsOf(sorted, inner, all), count);
  return begin;
}

/** Adds a group, and returns the new number of groups. */
function addGroup(each: i32, computed: i32, sorted: usize, inner: i32): i32 {
  store<i32>(at(groupsAt(), computed), each);
  const panel = sorted + <usize>(each * (GROUP_COLUMNS / 8)) * panelBytes(inner);
  group(tilesAt() + <usize>computed * GROUP_BYTES, panel, inner, minimaAt() + <usize>(computed << 6));
  return computed + 1;
}
