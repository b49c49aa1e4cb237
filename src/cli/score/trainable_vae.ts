/** A loaded VAE with the training code, for computations that need gradients. */
import { valuesOf } from "../../trained/named_tensor.ts";
import type { TrainedVae } from "../../trained/trained_vae.ts";
import type { VAE } from "../../training/vae.ts";

/** Calls `use` with a differentiable model that has the same parameters and device options. */
export async function withTrainableVae<Value>(
  trained: TrainedVae,
  use: (vae: VAE) => Promise<Value>,
): Promise<Value> {
  // Loaded on use: most runs do not need it.
  const { VAE } = await import("../../training/vae.ts");
  const vae = new VAE(trained.spec, valuesOf(trained.parameters()), trained.onHost.device);
  try {
    return await use(vae);
  } finally {
    vae.dispose();
  }
}
