/**
 * Scoring on WebGPU in Deno, also when the GPU fails: see scoring.ts, scoring_faults.ts and halves.ts; for the way
 * products are divided, see tuning.ts.
 */
import { testInDeno } from "./campaign.ts";
import { KINDS } from "./kinds.ts";

await testInDeno(KINDS.scoring, "scoring");
await testInDeno(KINDS.tuning, "tuning");
