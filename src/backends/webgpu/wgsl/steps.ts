/**
 * The shaders before and after the dispatches of a training step: see `steps.ts`.
 *
 *   PREPARE   one workgroup per row of the batch and of the reference; once per chunk of the data
 *   RECORD    one workgroup
 *   limits    any number of columns; rows of the data below 2^32
 */

/** Words of the layout header: see `PREPARE`. */
const HEADER = 11;
/** Words of a step before its floats: rows, first row, key. */
export const STEP_HEADER = 6;

export const PREPARE = `
@group(0) @binding(0) var<storage, read> places: array<u32>;
@group(0) @binding(1) var<storage, read> steps: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> data: array<f32>;
@group(0) @binding(4) var<storage, read> counter: array<u32>;
@group(0) @binding(5) var<storage, read_write> scratch: array<f32>;
@group(0) @binding(6) var<storage, read_write> control: array<u32>;
// places: words of a step, columns, x, capacity, reference, reference rows, key, floats, chunk's first
// row, chunk's rows, words of the key (a program without noise has none); then where each float goes.
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) counts: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let group = id.x + id.y * counts.x;
  if (group >= places[3] + places[5]) { return; }
  let step = counter[0] * places[0];
  let rows = steps[step];
  if (group == 0u && local == 0u) {
    control[0] = rows;
    for (var i = 0u; i < places[10]; i++) { control[places[6] + i] = steps[step + 2u + i]; }
    for (var i = 0u; i < places[7]; i++) {
      scratch[places[${HEADER}u + i]] = bitcast<f32>(steps[step + ${STEP_HEADER}u + i]);
    }
  }
  let isReference = group >= places[3];
  if (!isReference && group >= rows) { return; }
  let inPart = select(group, group - places[3], isReference);
  let position = steps[step + 1u] + inPart + select(0u, rows, isReference);
  let row = order[1u + position % order[0]];
  if (row < places[8] || row >= places[8] + places[9]) { return; }
  let target_ = select(places[2], places[4], isReference) + inPart * places[1];
  let source = (row - places[8]) * places[1];
  for (var col = local; col < places[1]; col += 64u) {
    scratch[target_ + col] = data[source + col];
  }
}`;

export const RECORD = `
@group(0) @binding(0) var<storage, read> copies: array<u32>;
@group(0) @binding(1) var<storage, read> scratch: array<f32>;
@group(0) @binding(2) var<storage, read_write> results: array<f32>;
@group(0) @binding(3) var<storage, read_write> counter: array<u32>;
// copies: words of a result, number of copies; then source, length and target of each.
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  let step = counter[0];
  for (var i = 0u; i < copies[1]; i++) {
    let source = copies[2u + 3u * i];
    let target_ = step * copies[0] + copies[4u + 3u * i];
    for (var k = local; k < copies[3u + 3u * i]; k += 64u) {
      results[target_ + k] = scratch[source + k];
    }
  }
  storageBarrier();
  workgroupBarrier();
  if (local == 0u) { counter[0] = step + 1u; }
}`;
