/**
 * The networks of one view: each is trained on all rows but those of its fold, so that every row has a
 * network that has not seen it. What that network says of the row is what it would say of a new one.
 */
import { roundHalves, roundParameters } from "./half_values.ts";
import { MIN_VARIANCE } from "../defaults.ts";
import type { ModelSpecInput } from "../../models/spec.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { DeviceOptions } from "../../trained/trained_vae.ts";
import { takeRows } from "../../training/rows/minibatch.ts";
import type { FitOptions } from "../../training/options.ts";
import type { FitReport } from "../../training/report.ts";
import { VAE } from "../../training/vae.ts";

export interface Members {
  /** To be disposed of by the caller. */
  readonly vaes: readonly VAE[];
  readonly reports: readonly FitReport[];
  /** `[F]`: 1 / (M σ_f²), σ_f² the mean squared error out of fold. */
  readonly precision: Float32Array;
  /** Of every row, out of fold: Σ_f of its squared errors in units of σ_f², and its KL. */
  readonly residual: Float64Array;
  readonly kl: Float64Array;
  /** The same of some rows by the networks that did train on them: what `residual` is without overfitting. */
  readonly seen: Float64Array;
}

export interface MembersRequest {
  readonly x: Matrix;
  readonly observed: Uint8Array;
  /** Row indices of each fold. */
  readonly folds: readonly Uint32Array[];
  readonly spec: ModelSpecInput;
  readonly seed: number;
  readonly device: DeviceOptions;
  /** For so many rows, of member m. */
  readonly fitOptions: (rows: number, m: number) => FitOptions;
  /** The parameters from which member m goes on; fresh ones where absent. */
  readonly start?: (m: number) => ReadonlyMap<string, { readonly data: ArrayLike<number> }>;
}

/** Rows of a network's own that are looked at again. */
const SEEN_ROWS = 1000;

export async function fitMembers(request: MembersRequest): Promise<Members> {
  const { x, observed, folds, spec, seed, device, fitOptions, start } = request;
  const [rows, width] = x.shape;
  const squares = new Float64Array(rows * width), kl = new Float64Array(rows);
  const vaes: VAE[] = [], reports: FitReport[] = [], seen: Sample[] = [];
  for (const [m, fold] of folds.entries()) {
    const others = Uint32Array.from(
      folds.flatMap((each, i) => i === m && folds.length > 1 ? [] : [...each]),
    ).sort();
    const vae = VAE.create(spec, { ...device, seed: seed + m });
    vaes.push(vae);
    if (start) vae.setParameters(start(m));
    reports.push(
      await vae.fit(takeRows(x, others), { ...fitOptions(others.length, m), seed: seed + m }),
    );
    roundParameters(vae);
    seen.push(sampleOf(vae, request, others));
    const left = takeRows(x, fold);
    const [mean, costs] = [await vae.reconstruct(left), vae.onHost.costs(left)];
    const latent = costs.kl.shape[1];
    fold.forEach((row, i) => {
      for (let l = 0; l < latent; l++) kl[row] += costs.kl.data[i * latent + l];
      for (let f = 0; f < width; f++) {
        squares[row * width + f] = (left.data[i * width + f] - mean.data[i * width + f]) ** 2;
      }
    });
  }
  const variance = variancesOf(squares, observed, rows, width);
  const precision = roundHalves(variance.map((value) => 1 / (folds.length * value)));
  const each = precision.map((value) => value * folds.length);
  const residuals = (sample: Sample) => residualsOf(sample, each);
  const residual = residuals({ squares, observed });
  return {
    vaes,
    reports,
    precision,
    residual,
    kl,
    seen: Float64Array.from(seen.flatMap((one) => [...residuals(one)])),
  };
}

/** Squared errors of rows, and which of them count. */
interface Sample {
  readonly squares: Float64Array;
  readonly observed: Uint8Array;
}

/** Of at most so many of the rows that it trained on, evenly over them. */
function sampleOf(
  vae: VAE,
  { x, observed }: Pick<MembersRequest, "x" | "observed">,
  rows: Uint32Array,
): Sample {
  const count = Math.min(rows.length, SEEN_ROWS), width = x.shape[1];
  const taken = Uint32Array.from(
    { length: count },
    (_, i) => rows[Math.floor(i * rows.length / count)],
  );
  const own = takeRows(x, taken), mean = vae.onHost.reconstruct(own);
  return {
    squares: Float64Array.from(own.data, (value, i) => (value - mean.data[i]) ** 2),
    observed: Uint8Array.from(
      own.data,
      (_, i) => observed[taken[Math.floor(i / width)] * width + i % width],
    ),
  };
}

/** Of each row Σ_f of its squares, each by its precision, as if what is missing were like the rest. */
function residualsOf({ squares, observed }: Sample, precision: Float32Array): Float64Array {
  const width = precision.length;
  return Float64Array.from({ length: squares.length / width }, (_, r) => {
    let sum = 0, there = 0;
    for (let f = 0, i = r * width; f < width; f++, i++) {
      if (observed[i] === 0) continue;
      there++;
      sum += squares[i] * precision[f];
    }
    return sum * width / Math.max(1, there);
  });
}

/** Mean squares of the cells that are there, not below the floor, nor so large that a half is 0. */
function variancesOf(
  squares: Float64Array,
  observed: Uint8Array,
  rows: number,
  width: number,
): Float32Array {
  const sums = new Float64Array(width), counts = new Float64Array(width);
  for (let i = 0; i < rows * width; i++) {
    if (observed[i] === 0) continue;
    sums[i % width] += squares[i];
    counts[i % width]++;
  }
  return Float32Array.from(sums, (sum, f) => {
    const mean = counts[f] > 0 ? sum / counts[f] : 1;
    return Math.min(1e4, Math.max(MIN_VARIANCE, mean));
  });
}
