/**
 * `elbow serve --train`, killed by kill -9 at random moments: after a restart, every accepted job ends once, with the
 * bytes of a direct run. `deno task jobs:kill` is the long campaign.
 */
import { killCampaign } from "./kill.ts";

Deno.test("a server killed at 8 random moments finishes every accepted job once, with the same bytes", async () => {
  console.log(await killCampaign(8, 20260107));
});
