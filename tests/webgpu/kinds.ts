/** The checks of models, by the process that runs them (`in_deno.ts`). */
import { AUTO_CHECKS } from "./auto.ts";
import { DISPATCH_CHECKS } from "./dispatches.ts";
import { FAULT_CHECKS } from "./faults.ts";
import { HALF_CHECKS } from "./halves.ts";
import { LIMIT_CHECKS } from "./limits.ts";
import { SCORING_CHECKS } from "./scoring.ts";
import { SCORING_FAULT_CHECKS } from "./scoring_faults.ts";
import { TRAINING_CHECKS, type TrainingCheck } from "./training.ts";
import { TRUST_CHECKS } from "./trust.ts";
import { TUNER_CHECKS } from "./tuning.ts";
import { WHOLE_RUN_CHECKS } from "./whole_runs.ts";

export const KINDS: Readonly<
  Record<"training" | "faults" | "scoring" | "tuning", readonly TrainingCheck[]>
> = {
  training: [...WHOLE_RUN_CHECKS, ...TRAINING_CHECKS, ...DISPATCH_CHECKS, ...TRUST_CHECKS],
  faults: [...FAULT_CHECKS, ...LIMIT_CHECKS, ...AUTO_CHECKS],
  scoring: [...SCORING_CHECKS, ...SCORING_FAULT_CHECKS, ...HALF_CHECKS],
  tuning: TUNER_CHECKS,
};
