/**
 * W [inner, cols] and b [1, cols] as a search reads them (search.ts): columns in their order along one direction u, in
 * groups of 32. For every unit vector u
 *
 *   b_j + x·w_j = ‖w_j / 2 + x‖² + e_j - ‖x‖² ≥ (ρ_j - p)² + e_j - ‖x‖²
 *   p = x·u, ρ_j = -w_j·u / 2, e_j = b_j - ‖w_j‖² / 4
 *
 * Of distances (w = -2r, b = ‖r‖²) e is 0 but for rounding, and the bound says how far apart x and r are along u at
 * least. u is the direction in which columns are spread most, nearly: the more it says of a table, the fewer groups are
 * near a row.
 *
 *   panels [inner + 1][8], the bias before the first step | the columns' numbers | the ends of ρ of each group | u
 *   | h², the largest ‖w_j‖² / 4 or |b_j| | the least e
 */
import { at } from "../memory";
import { product } from "../matmul/product";
import { packedB } from "../workspace";
import { sort } from "./gather";
import { GROUP } from "./places";

/** Rounds of power iteration: a direction that is not quite the best serves as well. */
const ROUNDS: i32 = 8;

@inline
export function groupsOf(cols: i32): i32 {
  return (cols + GROUP - 1) / GROUP;
}

/** Bytes of a panel of 8 columns. */
@inline
export function panelBytes(inner: i32): usize {
  return (<usize>inner << 5) + 32;
}

/** The column that each place holds. */
@inline
export function idsOf(sorted: usize, inner: i32, groups: i32): usize {
  return sorted + <usize>groups * (GROUP / 8) * panelBytes(inner);
}

@inline
export function endsOf(sorted: usize, inner: i32, groups: i32): usize {
  return idsOf(sorted, inner, groups) + <usize>(groups * 4 * GROUP);
}

@inline
export function directionOf(sorted: usize, inner: i32, groups: i32): usize {
  return endsOf(sorted, inner, groups) + <usize>(groups << 3);
}

/** Writes all of it to `to`. */
export function sortColumns(to: usize, w: usize, bias: usize, inner: i32, cols: i32): void {
  const groups = groupsOf(cols), ids = idsOf(to, inner, groups), ends = endsOf(to, inner, groups);
  const direction = directionOf(to, inner, groups), along = packedB();
  findDirection(direction, along, w, bias, inner, cols);
  let largest: f32 = 0, least = Infinity as f32;
  for (let j = 0; j < cols; j++) {
    const square = squares(at(w, j), cols, inner) * 0.25, b = load<f32>(at(bias, j));
    // NaN stays.
    largest = max(largest, max(square, abs(b)));
    least = min(least, b - square);
    store<f32>(at(along, j), load<f32>(at(along, j)) * -0.5);
  }
  store<f32>(at(direction, inner), largest);
  store<f32>(at(direction, inner), least, 4);
  sort(ids, along, cols);
  for (let place = 0; place < groups * GROUP; place++) {
    // A place without a column has the last one's weights, and is never near.
    const id = load<i32>(at(ids, min(place, cols - 1))), rho = load<f32>(at(along, id));
    const end = ends + <usize>((place / GROUP) << 3);
    if (place % GROUP == 0) store<f32>(end, rho);
    store<f32>(end, rho, 4);
    let panel = at(to + <usize>(place >> 3) * panelBytes(inner), place & 7);
    store<f32>(panel, place < cols ? load<f32>(at(bias, id)) : NaN as f32);
    for (let k = 0; k < inner; k++) {
      panel += 32;
      store<f32>(panel, load<f32>(at(w, k * cols + id)));
    }
  }
}

/** Writes u, by power iteration on W Wᵀ from W b, and W·u to `along`. Without a direction all lie at one place. */
function findDirection(u: usize, along: usize, w: usize, bias: usize, inner: i32, cols: i32): void {
  for (let round = 0; round < ROUNDS; round++, bias = along) {
    product(u, inner, 1, inner, cols, bias, cols, 1, w, cols, 1, 0, false, 0);
    const length = <f32>sqrt(squares(u, 1, inner));
    for (let k = 0; k < inner; k++) store<f32>(at(u, k), length > 0 ? load<f32>(at(u, k)) / length : 0);
    product(along, cols, 1, cols, inner, u, inner, 1, w, 1, cols, 0, false, 0);
  }
}

function squares(x: usize, step: i32, count: i32): f32 {
  let sum: f32 = 0;
  for (let i = 0; i < count; i++) sum += load<f32>(at(x, i * step)) * load<f32>(at(x, i * step));
  return sum;
}
