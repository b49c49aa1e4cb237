/** Scoring on WebGPU in Deno, and what becomes of it when the GPU fails: see scoring.ts. */
import { hasAdapter } from "../../scripts/lib/gpu.ts";
import { testUnless } from "../util/skip.ts";
import { Campaign } from "./campaign.ts";
import { SCORING_CHECKS } from "./scoring.ts";

const reason = await hasAdapter() ? undefined : "Deno finds no WebGPU adapter";
const script = new URL("in_deno.ts", import.meta.url).pathname;
const campaign = new Campaign(["run", "--allow-all", "--no-check", script, "scoring"]);

for (const { name } of SCORING_CHECKS) {
  testUnless(reason, `webgpu in Deno: ${name}`, () => campaign.passed(name));
}
