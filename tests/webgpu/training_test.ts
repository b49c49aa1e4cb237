/**
 * Training on WebGPU in Deno: see training.ts, whole_runs.ts, trust.ts, faults.ts, limits.ts and auto.ts; and the
 * refusal without a driver.
 */
import { match } from "node:assert/strict";
import { hasAdapter } from "../../scripts/lib/gpu.ts";
import { testUnless } from "../util/skip.ts";
import { Campaign } from "./campaign.ts";
import { AUTO_CHECKS } from "./auto.ts";
import { DISPATCH_CHECKS } from "./dispatches.ts";
import { FAULT_CHECKS } from "./faults.ts";
import { LIMIT_CHECKS } from "./limits.ts";
import { TRAINING_CHECKS } from "./training.ts";
import { TRUST_CHECKS } from "./trust.ts";
import { WHOLE_RUN_CHECKS } from "./whole_runs.ts";

const reason = await hasAdapter() ? undefined : "Deno finds no WebGPU adapter";
const script = new URL("in_deno.ts", import.meta.url).pathname;
const KINDS = {
  training: [...WHOLE_RUN_CHECKS, ...TRAINING_CHECKS, ...DISPATCH_CHECKS, ...TRUST_CHECKS],
  faults: [...FAULT_CHECKS, ...LIMIT_CHECKS, ...AUTO_CHECKS],
};

for (const [kind, checks] of Object.entries(KINDS)) {
  const campaign = new Campaign(["run", "--allow-all", "--no-check", script, kind]);
  for (const { name } of checks) {
    testUnless(reason, `webgpu in Deno: ${name}`, () => campaign.passed(name));
  }
}

Deno.test("without a Vulkan driver webgpu is refused", async () => {
  const mod = new URL("../../mod.ts", import.meta.url);
  const code = `import { VAE } from "${mod}";
const vae = VAE.create({ inputs: 2, latent: [{ size: 1 }] }, { backend: "webgpu" });
await vae.fit([[1, 2], [3, 4]], { epochs: 1 }).catch((error) => console.log(error.message));`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", code],
    env: {
      DENO_WEBGPU_BACKEND: "vulkan",
      VK_ICD_FILENAMES: "/nowhere",
      VK_DRIVER_FILES: "/nowhere",
    },
  });
  const { stdout } = await child.output();
  match(new TextDecoder().decode(stdout), /Cannot use backend "webgpu": there is no adapter/);
});
