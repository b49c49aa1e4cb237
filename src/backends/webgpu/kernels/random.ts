/**
 * Noise in WGSL: the Philox words of `core/random/philox.ts` and uniforms are exact; normals use our own polynomials
 * (`wgsl/philox.ts`). Counters are in `ops/random.ts`. Each element computes the block it belongs to, so noise used by
 * one loop needs no memory.
 *
 *   bindings   the key in control, four words
 *   dispatch   that of the loop around the element: see `stages.ts`
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
