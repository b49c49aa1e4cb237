/**
 * What a training run costs, known before it begins: its multiply-adds,
 *
 *     work = rows x epochs x 3 x weights,
 *
 * for each network, as each weight is used once on the way forward and twice on the way back. Both networks count, at the
 * widths that were asked for or the detector's own.
 */
import { latentWidth } from "../models/latents.ts";
import { parseObjective } from "../objectives/objective.ts";
import { parseSpec } from "../models/spec.ts";
import { defaultTraining, detectorSpec, MEMBERS, memberTraining } from "../detection/defaults.ts";
import { presetOf } from "../detection/options.ts";
import { statedWork } from "./stated.ts";
import type { TrainSettings } from "./train_settings.ts";

/** What decides the cost. */
export interface WorkOf {
  readonly rows: number;
  readonly columns: number;
  readonly settings: TrainSettings;
}

/** Passes over the weights in one step: forward, and backward to inputs and to weights. */
const PASSES = 3;

/** Of an ensemble: each has networks of its own. */
const VIEWS = 2;

/** Multiply-adds of a run. @throws TypeError or RangeError for a network that cannot be */
export function workOf({ rows, columns, settings }: WorkOf): number {
  if (settings.spec) return statedWork({ rows, columns, settings });
  if (settings.objective) parseObjective(settings.objective);
  const isEnsemble = presetOf(settings) === "ensemble";
  const usual = (isEnsemble ? memberTraining : defaultTraining)(rows, settings.batchSize);
  const { epochs = usual.epochs ?? 1 } = settings;
  const networks = isEnsemble ? VIEWS * MEMBERS : 1;
  const { hidden, latent: size, likelihood } = settings;
  const { encoder, latent } = parseSpec(
    detectorSpec([{ columns }], { hidden, latent: size, likelihood }),
  );
  const widths = [columns, ...encoder.hidden, latentWidth(latent[0])];
  let weights = 0;
  for (let i = 1; i < widths.length; i++) weights += widths[i - 1] * widths[i];
  // The decoder mirrors the encoder.
  return networks * rows * epochs * PASSES * 2 * weights;
}

/** @throws RangeError if a run would cost more */
export function requireWork(of: WorkOf, maxWork: number): void {
  const work = workOf(of);
  if (work <= maxWork) return;
  const { rows, columns } = of;
  throw new RangeError(
    `Cannot train: ${rows} rows of ${columns} columns must take at most ${maxWork} multiply-adds: current value is ${work}: ask for fewer epochs or a smaller network`,
  );
}
