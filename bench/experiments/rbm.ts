/**
 * A Boltzmann machine on the fixed binarisation of MNIST, by persistent contrastive divergence: mean ln p(x) of
 * training and test images in nats, with ln Z by annealing and, up to 20 hidden units, exactly. One line each.
 * Independent pixels give -205.79 on the test images (docs/results.md).
 *
 *     deno task results:rbm [hidden units] [epochs] [folder]
 */
import { Rbm } from "../../src/training/rbm/rbm.ts";
import { BINARIZED, readBinarized } from "./images.ts";
import { mean } from "../lib/statistics.ts";

const [hiddenText = "20", epochsText = "20", folder = BINARIZED] = Deno.args;
const hidden = Number(hiddenText), epochs = Number(epochsText);
const train = await readBinarized("train", folder), test = await readBinarized("test", folder);

const rbm = Rbm.create({ visible: train.shape[1], hidden }, { seed: 1 });
const start = performance.now();
await rbm.fit(train, {
  epochs,
  batchSize: 100,
  objective: { type: "pcd", sweeps: 1 },
  optimizer: { type: "sgd", learningRate: 0.1, decay: "cosine" },
  onProgress({ epoch, gap, reconstruction }) {
    console.error(
      `epoch ${epoch}: gap ${gap.toFixed(2)}, reconstruction ${reconstruction.toFixed(2)}`,
    );
  },
});
console.log(`${hidden} hidden units, ${epochs} epochs: ${seconds(start)} s`);

const energies = [await rbm.freeEnergy(train), await rbm.freeEnergy(test)];
for (const method of hidden <= 20 ? ["exact", "ais"] as const : ["ais"] as const) {
  const begun = performance.now();
  const options = { method, base: train, temperatures: 10_000, chains: 100, seed: 2 };
  const { logPartition, standardError } = await rbm.logPartition(options);
  const [ofTrain, ofTest] = energies.map((each) => (-mean(each) - logPartition).toFixed(3));
  const sure = standardError === 0 ? "" : ` ± ${standardError.toFixed(3)}`;
  const figures = `ln Z ${logPartition.toFixed(3)}${sure}, train ${ofTrain}, test ${ofTest}`;
  console.log(`${method}: ${figures}, ${seconds(begun)} s`);
}
rbm.dispose();

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
