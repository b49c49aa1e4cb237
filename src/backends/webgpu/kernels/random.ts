/**
 * Noise in WGSL: the Philox words of `core/random/philox.ts`, exactly; uniforms exactly; normals by our own
 * polynomials (`wgsl/philox.ts`). Counters in `ops/random.ts`. An element makes the block that it lies
 * in, so that noise needs no memory where one loop uses it.
 *
 *   bindings   the key in control, four words
 *   dispatch   that of the loop an element stands in: see `stages.ts`
 *   limits     rows below 2^32; a column's block is col / 4
 */
import type { Indexed, Kernels } from "./kernel.ts";

interface DrawAttributes {
  readonly rows: number;
  readonly stream: number;
}

const draw = (of: string): Indexed<DrawAttributes> => ({
  form: "indexed",
  words: ({ rows, stream }) => [rows, stream],
  write: (target, { words: [rows, stream], position: { row, col }, controlWord }) =>
    `let ${target} = ${of}(blockOf(${controlWord}, ${row}, ${col}, ${rows}, ${stream}), ${col});`,
});

export const random: Kernels<"randomNormal" | "randomUniform"> = {
  randomNormal: draw("normalOf"),
  randomUniform: draw("uniformOf"),
};
