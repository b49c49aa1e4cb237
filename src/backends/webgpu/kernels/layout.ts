/**
 * Moving elements in WGSL: columns, rows, groups of rows, and broadcasting; definitions in `ops/layout.ts` and
 * `ops/reductions.ts`. Each output element reads what it needs. Bits are copied, not computed, except for sums of
 * groups (in order) and means (one division).
 *
 *   bindings   operands anywhere; offsets and widths are words of the record
 *   dispatch   that of the loop around the element: see `stages.ts`
 *   limits     only those of memory; smallestCols makes count (count + 1) / 2 passes over each row
 */
import type { Kernels } from "./kernel.ts";

export const layout: Kernels<
  "sliceCols" | "padCols" | "concatCols" | "repeatRows" | "sumGroups" | "broadcast" | "smallestCols"
> = {
  sliceCols: {
    form: "indexed",
    words: ({ start }) => [start],
    write: (target, { read, words: [start], position: { row, col } }) =>
      `let ${target} = ${read(0, row, `${col} + ${start}`)};`,
  },
  padCols: {
    form: "indexed",
    words: ({ before }, [{ cols }]) => [before, cols],
    write: (target, { read, words: [before, cols], position: { row, col } }) =>
      `var ${target} = 0.0;
if (${col} >= ${before} && ${col} - ${before} < ${cols}) {
${target} = ${read(0, row, `(${col} - ${before})`)};
}`,
  },
  concatCols: {
    form: "indexed",
    words: (_, [{ cols }]) => [cols],
    write: (target, { read, words: [cols], position: { row, col } }) =>
      `var ${target} = 0.0;
if (${col} < ${cols}) { ${target} = ${read(0, row, col)}; }
else { ${target} = ${read(1, row, `(${col} - ${cols})`)}; }`,
  },
  repeatRows: {
    form: "indexed",
    words: ({ times }) => [times],
    write: (target, { read, words: [times], position: { row, col } }) =>
      `let ${target} = ${read(0, `(${row} / ${times})`, col)};`,
  },
  sumGroups: {
    form: "indexed",
    words: ({ size }) => [size],
    write: (target, { read, words: [size], position: { row, col } }) =>
      `var ${target} = 0.0;
for (var i = 0u; i < ${size}; i++) { ${target} += ${read(0, `(${row} * ${size} + i)`, col)}; }`,
  },
  // Result k takes k + 1 passes over the row. Values are compared as bits, because shaders may assume that there is no
  // NaN: bits are mapped to the order of the numbers, with both zeros equal and NaN last.
  smallestCols: {
    form: "indexed",
    words: (_, [{ cols }]) => [cols],
    write: (target, { read, words: [cols], position: { row, col } }) =>
      `var ${target} = 0.0;
var lastKey = 0u;
var last = 0u;
for (var place = 0u; place <= ${col}; place++) {
var leastKey = 0u;
var least = ${cols};
for (var i = 0u; i < ${cols}; i++) {
let bits = bitcast<u32>(${read(0, row, "i")});
let size = bits & 0x7fffffffu;
var key = select(bits | 0x80000000u, ~bits, bits > 0x7fffffffu && size > 0u);
key = select(key, 0xffffffffu, size > 0x7f800000u);
let isLeft = place == 0u || key > lastKey || (key == lastKey && i > last);
if (isLeft && (least == ${cols} || key < leastKey)) { leastKey = key; least = i; }
}
lastKey = leastKey;
last = least;
}
${target} = f32(last);`,
  },
  broadcast: {
    form: "pointwise",
    write: ([x], { attrs: { mean }, position: { rows } }, stretchedRows) =>
      mean && stretchedRows ? `${x} / f32(${rows})` : x,
  },
};
