/**
 * Every check of `checks.ts` in headless Chromium, which has an independent WGSL compiler. Without Chromium the tests
 * are skipped, which CI counts as a failure.
 */
import { NO_BROWSER } from "../runtime/missing.ts";
import { testUnless } from "../util/skip.ts";
import { Campaign } from "./campaign.ts";
import { CHECKS } from "./checks.ts";

const campaign = new Campaign("in_chromium.ts");

for (const { name } of CHECKS) {
  testUnless(NO_BROWSER, `webgpu in Chromium: ${name}`, () => campaign.passed(name));
}
