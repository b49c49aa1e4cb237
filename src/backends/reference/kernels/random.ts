/** Normals and uniforms in float64; counters in `ops/random.ts`, the normals in `core/random/philox.ts`. */
import { philox } from "../../../core/random/philox.ts";
import { at, type Kernel, put, type View } from "./view.ts";

export const randomNormal: Kernel<"randomNormal"> = (out, [key], attrs) =>
  draw(out, key, attrs, normal);

export const randomUniform: Kernel<"randomUniform"> = (out, [key], attrs) =>
  draw(out, key, attrs, (block, lane) => (block[lane] >>> 8) * 2 ** -24);

/** Sets every element to `value(block, lane)`. */
function draw(
  out: View,
  key: View,
  { rows, stream }: { readonly rows: number; readonly stream: number },
  value: (block: Uint32Array, lane: number) => number,
): void {
  const [low, high, step, firstRow] = [0, 1, 2, 3].map((col) => at(key, 0, col));
  const block = new Uint32Array(4);
  for (let row = 0; row < out.rows; row++) {
    for (let col = 0; col < out.cols; col++) {
      const lane = col % 4;
      const rowCounter = (firstRow * rows + row) >>> 0;
      if (lane === 0) philox(col / 4, rowCounter, step, stream, low, high, block);
      put(out, row, col, value(block, lane));
    }
  }
}

/** Lanes 0 and 2: r·cos(2πu2); lanes 1 and 3: r·sin(2πu2). */
function normal(block: Uint32Array, lane: number): number {
  const pair = lane & 2;
  const u1 = ((block[pair] >>> 9) + 0.5) * 2 ** -23;
  const angle = 2 * Math.PI * ((block[pair + 1] >>> 9) * 2 ** -23);
  return Math.sqrt(-2 * Math.log(u1)) * (lane === pair ? Math.cos(angle) : Math.sin(angle));
}
