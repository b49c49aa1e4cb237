/**
 * W [inner, cols] and b [1, cols] in the layout of a search (search.ts): columns sorted along one direction u, in
 * groups of 32. For every unit vector u
 *
 *   b_j + x·w_j = ‖w_j / 2 + x‖² + e_j - ‖x‖² ≥ (ρ_j - p)² + e_j - ‖x‖²
 *   p = x·u, ρ_j = -w_j·u / 2, e_j = b_j - ‖w_j‖² / 4
 *
 * For squared distances (w = -2r, b = ‖r‖²), e is 0 except for rounding, and the bound is the squared distance of x and
 * r along u. u is approximately the direction in which columns vary most: the more of the variation it captures, the
 * fewer groups are near a row.
 *
 *   panels [inner + 1][8], the bias before the first step | the columns' indices | the ends of ρ of each group | u
 *   | h², the largest ‖w_j‖² / 4 or |b_j| | the least e
 */
import { at } from "../memory";
import { product } from "../matmul/product";
import { packedB } from "../workspace";
import { sort } from "./gather";
import { GROUP_COLUMNS } from "./workspace_layout";

/** Rounds of power iteration: an approximate direction is good enough. */
const ROUNDS: i32 = 8;

@inline
export function groupsOf(cols: i32): i32 {
  return (cols + GROUP_COLUMNS - 1) / GROUP_COLUMNS;
}

/** Bytes of a panel of 8 columns. */
@inline
export function panelBytes(inner: i32): usize {
  return (<usize>inner << 5) + 32;
}

/** The column index at each position. */
@inline
export function idsOf(sorted: usize, inner: i32, groups: i32): usize {
  return sorted + <usize>groups * (GROUP_COLUMNS / 8) * panelBytes(inner);
}

@inline
export function endsOf(sorted: usize, inner: i32, groups: i32): usize {
  return idsOf(sorted, inner, groups) + <usize>(groups * 4 * GROUP_COLUMNS);
}

@inline
export function directionOf(sorted: usize, inner: i32, groups: i32): usize {
  return endsOf(sorted, inner, groups) + <usize>(groups << 3);
}

/** Writes this layout to `to`. */
export function sortColumns(to: usize, w: usize, bias: usize, inner: i32, cols: i32): void {
  const groups = groupsOf(cols), ids = idsOf(to, inner, groups), ends = endsOf(to, inner, groups);
  const direction = directionOf(to, inner, groups), projections = packedB();
  findDirection(direction, projections, w, bias, inner, cols);
  let largest: f32 = 0, least = Infinity as f32;
  for (let j = 0; j < cols; j++) {
    const square = squares(at(w, j), cols, inner) * 0.25, b = load<f32>(at(bias, j));
    // max and min propagate NaN.
    largest = max(largest, max(square, abs(b)));
    least = min(least, b - square);
    store<f32>(at(projections, j), load<f32>(at(projections, j)) * -0.5);
  }
  store<f32>(at(direction, inner), largest);
  store<f32>(at(direction, inner), least, 4);
  sort(ids, projections, cols);
  for (let place = 0; place < groups * GROUP_COLUMNS; place++) {
    // Positions without a column get the last column's weights and a NaN bias, so they are never candidates.
    const id = load<i32>(at(ids, min(place, cols - 1))), rho = load<f32>(at(projections, id));
    const end = ends + <usize>((place / GROUP_COLUMNS) << 3);
    if (place % GROUP_COLUMNS == 0) store<f32>(end, rho);
    store<f32>(end, rho, 4);
    let panel = at(to + <usize>(place >> 3) * panelBytes(inner), place & 7);
    store<f32>(panel, place < cols ? load<f32>(at(bias, id)) : NaN as f32);
    for (let k = 0; k < inner; k++) {
      panel += 32;
      store<f32>(panel, load<f32>(at(w, k * cols + id)));
    }
  }
}

/**
 * Writes u, by power iteration on W Wᵀ starting from W b, and W·u to `along`. If u is zero, all columns have the same
 * position.
 */
function findDirection(u: usize, projections: usize, w: usize, bias: usize, inner: i32, cols: i32): void {
  for (let round = 0; round < ROUNDS; round++, bias = projections) {
    product(u, inner, 1, inner, cols, bias, cols, 1, w, cols, 1, 0, false, 0);
    const length = <f32>sqrt(squares(u, 1, inner));
    for (let k = 0; k < inner; k++) store<f32>(at(u, k), length > 0 ? load<f32>(at(u, k)) / length : 0);
    product(projections, cols, 1, cols, inner, u, inner, 1, w, 1, cols, 0, false, 0);
  }
}

function squares(x: usize, step: i32, count: i32): f32 {
  let sum: f32 = 0;
  for (let i = 0; i < count; i++) sum += load<f32>(at(x, i * step)) * load<f32>(at(x, i * step));
  return sum;
}
