/**
 * The weight of a KL and its schedule: the program's input `klWeight` (`training/program/schedule.ts`).
 *
 *   linear     0 → beta over the first `warmUpEpochs` epochs           Bowman et al., 2016
 *   cyclical   the same, restarted every `cycleEpochs` epochs          Fu et al., 2019
 */
import { type Fields, requireNumber } from "../core/validate.ts";

/** A weight that may rise during training. */
export interface KlWeight {
  /** Final weight; default 1. */
  readonly beta: number;
  /** Epochs over which it rises from 0; default 0. */
  readonly warmUpEpochs: number;
  /** Epochs after which it restarts at 0; default 0, never. */
  readonly cycleEpochs: number;
}

export const KL_WEIGHT_KEYS: readonly (keyof KlWeight)[] = ["beta", "warmUpEpochs", "cycleEpochs"];

/** @throws TypeError or RangeError naming the field */
export function parseKlWeight(fields: Fields): KlWeight {
  const { beta = 1, warmUpEpochs = 0, cycleEpochs = 0 } = fields;
  const warmUp = requireNumber("objective.warmUpEpochs", warmUpEpochs, { min: 0 });
  const cycle = requireNumber("objective.cycleEpochs", cycleEpochs, { min: 0 });
  if (cycle > 0 && !(0 < warmUp && warmUp <= cycle)) {
    throw new RangeError(
      `Cannot read objective.cycleEpochs: warmUpEpochs must be above 0 and at most the cycle, got ${warmUp}`,
    );
  }
  return {
    beta: requireNumber("objective.beta", beta, { min: 0, max: 1e6 }),
    warmUpEpochs: warmUp,
    cycleEpochs: cycle,
  };
}
