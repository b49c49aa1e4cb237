/** The models that every runtime serves, trained here in portable arithmetic. */
import { Detector, VAE } from "../../mod.ts";
import { planeRows } from "../util/data.ts";

const DEVICE = { determinism: "portable" } as const;

/** Model files by name, base64: a detector with each preset, and VAEs with three likelihoods. */
export async function modelFiles(): Promise<Record<string, string>> {
  const rows = planeRows(80, 3, 11).map(([a, b, c]) => [100 * a + 500, b, 0.01 * c - 3]);
  const columns = ["heat", "flow", "drift"], network = { epochs: 5, hidden: [8], latent: 2 };
  const options = { ...DEVICE, ...network, columns, seed: 1 };
  const table = await Detector.fit(rows, options);
  const small = await Detector.fit(rows, { ...options, preset: "small" });
  const latent = [{ size: 2 }];
  const plain = VAE.create({ inputs: 3, latent }, { ...DEVICE, seed: 4 });
  const likelihood = (type: "bernoulli" | "poisson") => ({ likelihood: { type } });
  const bits = VAE.create({ inputs: 4, latent, ...likelihood("bernoulli") }, {
    ...DEVICE,
    seed: 5,
  });
  const counts = VAE.create({ inputs: 2, latent, ...likelihood("poisson") }, {
    ...DEVICE,
    seed: 6,
  });
  const files = Object.entries({ table, small, plain, bits, counts }).map(([name, model]) => {
    const bytes = model.save();
    model.dispose();
    return [name, bytes.toBase64()];
  });
  return Object.fromEntries(files);
}
