/**
 * Column sums and squared norms: tasks of several workgroups, whose sums have a fixed order.
 *
 *   columnSum  `width` columns per workgroup, WORKGROUP / width threads per column; threads take
 *              rows in turn and are added as a tree
 *   norm       NORM_SPAN elements per workgroup, one partial sum each (`values.ts` adds the fold)
 *   bindings   operand anywhere, result in scratch; sizes and offsets are words of the record
 *   dispatch   columnSum ⌈columns / width⌉ workgroups, norm ⌈elements / NORM_SPAN⌉
 *   limits     rows and elements below 2^32
 */
import { NORM_SPAN } from "../sum_parts.ts";
import type { Step } from "../values.ts";
import { element, readElement, type Task, Words } from "./task.ts";

/** Maximum columns per workgroup of a column sum. */
const WIDTH = 16;

export function columnSumTask({ inputs: [x], output, attrs }: Step): Task {
  const words = new Words();
  const { cols } = x.shape;
  const width = Math.min(WIDTH, 2 ** Math.ceil(Math.log2(cols)));
  const value = readElement(x.value, `${words.u32(x.value.offset)} + row * cols + col`);
  const target = element(output.value, `${words.u32(output.value.offset)} + col`);
  const source = `let rows = ${words.rows(x.shape)};
let cols = ${words.u32(cols)};
let width = ${words.u32(width)};
let col = group * width + local % width;
let lanes = WORKGROUP / width;
var sum = 0.0;
if (col < cols) {
for (var row = local / width; row < rows; row += lanes) { sum += ${value}; }
}
pool[local] = sum;
for (var half = lanes / 2u; half > 0u; half /= 2u) {
workgroupBarrier();
if (local / width < half) { pool[local] += pool[local + half * width]; }
}
if (local < width && col < cols) { ${target} = pool[local]${attrs.mean ? " / f32(rows)" : ""}; }
workgroupBarrier();
`;
  return { source, words: words.list, groups: Math.ceil(cols / width) };
}

export function normTask({ inputs: [x], output }: Step): Task {
  const words = new Words();
  const value = readElement(x.value, `${words.u32(x.value.offset)} + i`);
  const target = element(output.value, `${words.u32(output.value.offset)} + group`);
  const source = `let size = ${words.rows(x.shape)} * ${words.u32(x.shape.cols)};
let start = group * ${NORM_SPAN}u;
var sum = 0.0;
for (var i = start + local; i < min(size, start + ${NORM_SPAN}u); i += WORKGROUP) {
let value = ${value};
sum = fma(value, value, sum);
}
let total = sumOfLanes(sum, local, WORKGROUP);
if (local == 0u) { ${target} = total; }
`;
  return { source, words: words.list, groups: Math.ceil(x.value.size / NORM_SPAN) };
}
