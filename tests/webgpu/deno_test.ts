/**
 * Every check of `checks.ts` on Deno's WebGPU (its compiler is naga) with a software Vulkan driver. Without an adapter
 * the tests are skipped, which CI counts as a failure.
 */
import { testInDeno } from "./campaign.ts";
import { CHECKS } from "./checks.ts";

await testInDeno(CHECKS);
