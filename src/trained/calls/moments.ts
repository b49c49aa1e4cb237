/**
 * E[z | x] and ln Var[z | x] of rows, in closed form if there is one, else from draws: `programs/moments_program.ts`.
 */
import { splitSeed } from "../../core/random/philox.ts";
import { requireNumber } from "../../core/validate.ts";
import { hasClosedMoments } from "../../models/latents.ts";
import type { ModelSpec } from "../../models/spec.ts";
import type { Engine } from "../engine.ts";
import { requireFiniteRows } from "../finite.ts";
import { type Matrix, rowsOf } from "../rows/matrix.ts";
import type { ProgramName } from "../programs/programs.ts";

/** Options for moments without a closed form. */
export interface MomentOptions {
  /** Draws of z per row, with the same noise for every row. Default: `MOMENT_DRAWS`. */
  readonly samples?: number;
  /** Fixes the draws. Default: 0. */
  readonly seed?: number;
}

/** The keys of `MomentOptions`. */
export const MOMENT_KEYS = ["samples", "seed"];

/** Default number of draws per row. */
export const MOMENT_DRAWS = 256;

/** Draws per run, over all its rows. */
const DRAWS_PER_RUN = 4096;

/** Draws per row for counting active units. */
const ACTIVE_DRAWS = 64;

/** Moments of the layer next to the data, `[rows, L]`. */
export async function encodeRows(
  engine: Engine<ProgramName>,
  spec: ModelSpec,
  x: Matrix,
  { samples = MOMENT_DRAWS, seed = 0 }: MomentOptions = {},
): Promise<{ mean: Matrix; logVar: Matrix }> {
  requireNumber("samples", samples, { min: 2, max: 1e5, integer: true });
  const { mean, logVar } = hasClosedMoments(spec)
    ? await engine.mapLater("encode", "x", x)
    : byDraws(engine, x, samples, seed);
  return { mean, logVar };
}

/** E[z | x] of every layer, from the data up. */
export async function layerMeans(
  engine: Engine<ProgramName>,
  spec: ModelSpec,
  x: Matrix,
): Promise<Matrix[]> {
  if (spec.latent.length === 1 && hasClosedMoments(spec)) {
    return [(await engine.mapLater("encode", "x", x)).mean];
  }
  const read = byDraws(engine, x, ACTIVE_DRAWS, 0);
  return spec.latent.map((_, layer) => read[`mean.${layer}`]);
}

/** Always on the host. */
function byDraws(
  engine: Engine<ProgramName>,
  x: Matrix,
  samples: number,
  seed: number,
): Record<string, Matrix> {
  const [rows] = x.shape, capacity = Math.max(1, Math.floor(DRAWS_PER_RUN / samples));
  const program = engine.program("moments", { capacity, samples });
  const results = Object.fromEntries([...program.plan.outputs].map(([name, { shape }]) => {
    const data = new Float32Array(rows * shape.cols);
    return [name, { data, shape: [rows, shape.cols] as const }];
  }));
  // The key always names row 0: all rows share their noise, see `sharedNoise`.
  program.write("key", [...splitSeed(seed), 0, 0]);
  for (let first = 0; first < rows; first += capacity) {
    const count = Math.min(capacity, rows - first);
    program.write("x", rowsOf(x, first, count));
    program.run(count);
    for (const [name, { data, shape: [, cols] }] of Object.entries(results)) {
      const chunk = data.subarray(first * cols, (first + count) * cols);
      program.read(name, chunk);
      requireFiniteRows("encode", chunk, cols, first);
    }
  }
  return results;
}
