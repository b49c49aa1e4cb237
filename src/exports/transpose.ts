/** Transposes a matrix: PyTorch stores weights as [O, I], this library as [I, O]. */
import type { NamedTensor } from "../trained/named_tensor.ts";

/** `[rows, cols]` as `[cols, rows]`. */
export function transpose({ shape: [rows, cols], data }: NamedTensor): Float32Array {
  return Float32Array.from(
    { length: data.length },
    (_, i) => data[(i % rows) * cols + Math.floor(i / rows)],
  );
}
