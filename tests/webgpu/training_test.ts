/**
 * Training on WebGPU in Deno: see training.ts, whole_runs.ts, trust.ts, faults.ts, limits.ts and auto.ts; and the
 * refusal without a driver.
 */
import { match } from "node:assert/strict";
import { testInDeno } from "./campaign.ts";
import { KINDS } from "./kinds.ts";

await testInDeno(KINDS.training, "training");
await testInDeno(KINDS.faults, "faults");

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
