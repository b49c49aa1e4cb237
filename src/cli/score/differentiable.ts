/** A loaded VAE with all that training has, for what needs gradients. */
import type { TrainedVae } from "../../trained/trained_vae.ts";
import type { VAE } from "../../training/vae.ts";

/** Uses a model that can be differentiated too, with the same parameters. */
export async function differentiable<Value>(
  trained: TrainedVae,
  use: (vae: VAE) => Promise<Value>,
): Promise<Value> {
  // Read when it is needed: most runs of a command that could ask for it do not.
  const { VAE } = await import("../../training/vae.ts");
  const values = [...trained.parameters()].map(([name, { data }]) => [name, data] as const);
  const vae = new VAE(trained.spec, new Map(values));
  try {
    return await use(vae);
  } finally {
    vae.dispose();
  }
}
