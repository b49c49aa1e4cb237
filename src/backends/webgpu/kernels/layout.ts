/**
 * Moving elements in WGSL: columns, rows, groups of rows, and broadcasting; definitions in
 * `ops/layout.ts` and `ops/reductions.ts`. Each element of the output reads what it needs; bits are
 * moved, not computed, but for sums of groups (in order) and means (one division).
 */
import type { Kernels } from "./kernel.ts";

export const layout: Kernels<
  "sliceCols" | "padCols" | "concatCols" | "repeatRows" | "sumGroups" | "broadcast"
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
  broadcast: {
    form: "pointwise",
    write: ([x], { attrs: { mean }, position: { rows } }, stretchedRows) =>
      mean && stretchedRows ? `${x} / f32(${rows})` : x,
  },
};
