/**
 * kill -9 at random moments of `elbow serve --train`: every job that was accepted ends after a restart,
 * once, with the bytes of a direct run. `deno task jobs:kill` is the long campaign.
 */
import { killCampaign } from "./kill.ts";

Deno.test("a server killed at 8 random moments finishes every job that it accepted, once, alike", async () => {
  console.log(await killCampaign(8, 20260107));
});
