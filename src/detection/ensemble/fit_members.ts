/**
 * Fits the networks of one view. None is trained on rows of its own fold, so every row has a network that has not
 * seen it and treats it like a new row.
 */
import { permutation } from "../../core/random/permutation.ts";
import { STREAMS } from "../../core/random/streams.ts";
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
  /** The caller disposes of these. */
  readonly vaes: readonly VAE[];
  readonly reports: readonly FitReport[];
  /** `[F]`: 1 / (M σ_f²), σ_f² the mean squared error out of fold. */
  readonly precision: Float32Array;
  /** For every row, out of fold: Σ_f of its squared errors in units of σ_f², and its KL. */
  readonly residual: Float64Array;
  readonly kl: Float64Array;
  /** Residuals of some rows by networks that did train on them: what `residual` would be without overfitting. */
  readonly trainingResidual: Float64Array;
}

export interface MembersRequest {
  readonly x: Matrix;
  readonly observed: Uint8Array;
  /** Row indices of each fold. */
  readonly folds: readonly Uint32Array[];
  readonly spec: ModelSpecInput;
  readonly seed: number;
  readonly device: DeviceOptions;
  /** Options for training member m on `rows` rows. */
  readonly fitOptions: (rows: number, m: number) => FitOptions;
  /** The parameters that member m starts from; freshly initialised if absent. */
  readonly start?: (m: number) => ReadonlyMap<string, { readonly data: ArrayLike<number> }>;
}

/** Further rows, in as many steps, do not improve networks of this size (ADR 20). */
const NETWORK_ROWS = 6000;

/** Number of its own training rows that each network is evaluated on. */
const TRAINING_SAMPLE_ROWS = 1000;

export async function fitMembers(request: MembersRequest): Promise<Members> {
  const { x, observed, folds, spec, seed, device, fitOptions, start } = request;
  const [rows, width] = x.shape;
  const squares = new Float64Array(rows * width), kl = new Float64Array(rows);
  const vaes: VAE[] = [], reports: FitReport[] = [], trainingSamples: Sample[] = [];
  for (const [m, fold] of folds.entries()) {
    const trainingRows = trainingRowsOf(folds, m, seed);
    const vae = VAE.create(spec, { ...device, seed: seed + m });
    vaes.push(vae);
    if (start) vae.setParameters(start(m));
    reports.push(
      await vae.fit(takeRows(x, trainingRows), {
        ...fitOptions(trainingRows.length, m),
        seed: seed + m,
      }),
    );
    roundParameters(vae);
    trainingSamples.push(sampleOf(vae, request, trainingRows));
    const heldOut = takeRows(x, fold);
    const [mean, costs] = [await vae.reconstruct(heldOut), vae.onHost.costs(heldOut)];
    const latent = costs.kl.shape[1];
    fold.forEach((row, i) => {
      for (let l = 0; l < latent; l++) kl[row] += costs.kl.data[i * latent + l];
      for (let f = 0; f < width; f++) {
        squares[row * width + f] = (heldOut.data[i * width + f] - mean.data[i * width + f]) ** 2;
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
    trainingResidual: Float64Array.from(
      trainingSamples.flatMap((sample) => [...residuals(sample)]),
    ),
  };
}

/** At most `NETWORK_ROWS` rows of the folds other than m, or of the only one. */
function trainingRowsOf(folds: readonly Uint32Array[], m: number, seed: number): Uint32Array {
  const others = folds.filter((_, i) => i !== m || folds.length === 1);
  const rows = Uint32Array.from(others.flatMap((fold) => [...fold])).sort();
  if (rows.length <= NETWORK_ROWS) return rows;
  const drawn = permutation(rows.length, seed, 4 + m, STREAMS.ensemble).subarray(0, NETWORK_ROWS);
  return drawn.map((i) => rows[i]).sort();
}

/** Squared errors of rows, and which of them are observed. */
interface Sample {
  readonly squares: Float64Array;
  readonly observed: Uint8Array;
}

/** At most `TRAINING_SAMPLE_ROWS` of the rows that the network trained on, evenly spaced. */
function sampleOf(
  vae: VAE,
  { x, observed }: Pick<MembersRequest, "x" | "observed">,
  rows: Uint32Array,
): Sample {
  const count = Math.min(rows.length, TRAINING_SAMPLE_ROWS), width = x.shape[1];
  const indices = Uint32Array.from(
    { length: count },
    (_, i) => rows[Math.floor(i * rows.length / count)],
  );
  const sampled = takeRows(x, indices), mean = vae.onHost.reconstruct(sampled);
  return {
    squares: Float64Array.from(sampled.data, (value, i) => (value - mean.data[i]) ** 2),
    observed: Uint8Array.from(
      sampled.data,
      (_, i) => observed[indices[Math.floor(i / width)] * width + i % width],
    ),
  };
}

/** For each row, Σ_f of its squared errors times their precision, scaled up for missing features. */
function residualsOf({ squares, observed }: Sample, precision: Float32Array): Float64Array {
  const width = precision.length;
  return Float64Array.from({ length: squares.length / width }, (_, r) => {
    let sum = 0, observedCount = 0;
    for (let f = 0, i = r * width; f < width; f++, i++) {
      if (observed[i] === 0) continue;
      observedCount++;
      sum += squares[i] * precision[f];
    }
    return sum * width / Math.max(1, observedCount);
  });
}

/** Mean squares of the observed cells, with a floor, and a ceiling so that the precision does not underflow a half. */
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
