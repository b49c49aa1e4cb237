/**
 * Every check of `checks.ts` on Deno's WebGPU (its compiler is naga) with a software Vulkan driver. Without an adapter
 * the tests are skipped, which CI counts as a failure.
 */
import { hasAdapter } from "../../scripts/lib/gpu.ts";
import { testUnless } from "../util/skip.ts";
import { Campaign } from "./campaign.ts";
import { CHECKS } from "./checks.ts";

const reason = await hasAdapter() ? undefined : "Deno finds no WebGPU adapter";
const script = new URL("in_deno.ts", import.meta.url).pathname;
const campaign = new Campaign(["run", "--allow-all", "--no-check", script]);

for (const { name } of CHECKS) {
  testUnless(reason, `webgpu in Deno: ${name}`, () => campaign.passed(name));
}
