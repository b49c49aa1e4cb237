/**
 * Scoring on WebGPU in Deno, also when the GPU fails: see scoring.ts, scoring_faults.ts and halves.ts; for the way
 * products are divided, see tuning.ts.
 */
import { hasAdapter } from "../../scripts/lib/gpu.ts";
import { testUnless } from "../util/skip.ts";
import { Campaign } from "./campaign.ts";
import { HALF_CHECKS } from "./halves.ts";
import { SCORING_CHECKS } from "./scoring.ts";
import { SCORING_FAULT_CHECKS } from "./scoring_faults.ts";
import { TUNER_CHECKS } from "./tuning.ts";

const reason = await hasAdapter() ? undefined : "Deno finds no WebGPU adapter";
const script = new URL("in_deno.ts", import.meta.url).pathname;

const KINDS = {
  scoring: [...SCORING_CHECKS, ...SCORING_FAULT_CHECKS, ...HALF_CHECKS],
  tuning: TUNER_CHECKS,
};

for (const [kind, checks] of Object.entries(KINDS)) {
  const campaign = new Campaign(["run", "--allow-all", "--no-check", script, kind]);
  for (const { name } of checks) {
    testUnless(reason, `webgpu in Deno: ${name}`, () => campaign.passed(name));
  }
}
