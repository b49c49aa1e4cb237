/**
 * ECOD: the sum over columns of how extreme each cell is, by the empirical distribution of its column.
 *
 *   score = Σ_d max(-ln F_d(x_d), -ln G_d(x_d));  F(x) = #{t ≤ x} / n, G(x) = #{t ≥ x} / n
 *
 * x itself counts among the n, once, so no score is infinite. Columns whose skewness is exactly zero add both tails.
 *
 * Source: Li, Zhao, Hu, Botta, Ionescu and Chen, "ECOD: unsupervised outlier detection using empirical cumulative
 * distribution functions", TKDE 2022, with the maximum taken per column as in PyOD's `ecod.py`. PyOD includes all rows
 * to be scored in the n, so a row's score depends on the others; here it depends only on the training rows and the row
 * itself. Our own, because no npm package exists.
 */
import { portableLog } from "../../core/portable.ts";
import { countBelow } from "../../core/sorted.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Baseline } from "./baseline.ts";

/** A column of the training rows. */
interface Column {
  readonly sorted: Float32Array;
  readonly bothTails: boolean;
}

export function ecod(): Baseline {
  return (training) => {
    const [count, width] = training.shape;
    const columns = Array.from({ length: width }, (_, c) => columnOf(training, c));
    return ({ data, shape: [rows] }, ownRows) =>
      Float64Array.from({ length: rows }, (_, r) => {
        // A training row is among the n already.
        const itself = (ownRows?.[r] ?? -1) < 0 ? 1 : 0;
        let score = 0;
        for (let c = 0; c < width; c++) {
          const { sorted, bothTails } = columns[c], x = data[r * width + c];
          const left = portableLog((count + itself) / (itself + countBelow(sorted, x, true)));
          const right = portableLog(
            (count + itself) / (itself + count - countBelow(sorted, x, false)),
          );
          score += bothTails ? left + right : Math.max(left, right);
        }
        return score;
      });
  };
}

function columnOf({ data, shape: [rows, width] }: Matrix, c: number): Column {
  const sorted = Float32Array.from({ length: rows }, (_, r) => data[r * width + c]).sort();
  const mean = sorted.reduce((sum, x) => sum + x / rows, 0);
  const third = sorted.reduce((sum, x) => sum + (x - mean) ** 3, 0);
  return { sorted, bothTails: third === 0 };
}
