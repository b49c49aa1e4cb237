/**
 * PyTorch's example VAE on MNIST: 784-400-20-400-784, ReLU, Adam at 1e-3, batches of 128, 7 epochs, grey values with a
 * Bernoulli loss. Its test loss is the sum of cross-entropy and KL over the test set, with one draw of z per row,
 * divided by 10,000; published: 106.66 (log in pytorch/examples pull request 1416). Results are in docs/results.md.
 *
 *     deno task bench:mnist [folder of IDX files] [seed]
 */
import { HostRandom } from "../../src/core/random/philox.ts";
import { VAE } from "../../src/training/vae.ts";
import { readImages } from "./images.ts";

const PUBLISHED = 106.66;
const EPOCHS = 7;

const [folder = "../shared/data/images-mnist", seedText = "1"] = Deno.args;
const seed = Number(seedText);
const train = await readImages(`${folder}/train-images-idx3-ubyte.gz`);
const test = await readImages(`${folder}/t10k-images-idx3-ubyte.gz`);

const network = { hidden: [400], activation: "relu" } as const;
const vae = VAE.create({
  inputs: train.shape[1],
  encoder: network,
  decoder: network,
  latent: [{ size: 20 }],
  likelihood: { type: "bernoulli" },
}, { seed });
vae.setParameters(startAsPyTorch(vae, seed));
console.log(`device: ${JSON.stringify(vae.device)}`);

const start = performance.now();
await vae.fit(train, {
  epochs: EPOCHS,
  batchSize: 128,
  optimizer: { type: "adam", learningRate: 0.001 },
  onProgress({ epoch, loss, kl, activeUnits, rowsPerSecond }) {
    const speed = `${Math.round(rowsPerSecond)} rows/s`;
    const parts = `train ${loss.toFixed(2)}, KL ${kl.toFixed(2)}, ${activeUnits} active units`;
    console.log(`epoch ${epoch}: ${parts}, ${speed}`);
  },
});
const seconds = (performance.now() - start) / 1000;

const { elbo } = await vae.evaluate(test, { samples: 1, seed });
const loss = -elbo.reduce((sum, value) => sum + value, 0) / elbo.length;
console.log(`test loss ${loss.toFixed(2)} (published ${PUBLISHED}), ${seconds.toFixed(1)} s`);
vae.dispose();

/** PyTorch's initialisation: weights and biases of a layer are U(-a, a), a = 1 / √fanIn. */
function startAsPyTorch(model: VAE, seed: number): Map<string, { data: Float32Array }> {
  const parameters = model.parameters();
  return new Map([...parameters].map(([name, { data }], index) => {
    const weight = parameters.get(name.replace(/bias$/, "weight"))!;
    const bound = 1 / Math.sqrt(weight.shape[0]);
    const random = new HostRandom(seed, index, 0);
    return [name, { data: data.map(() => bound * (2 * random.uniformF64() - 1)) }];
  }));
}
