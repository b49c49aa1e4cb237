/**
 * Two relatives of the VAE: factor analysis, which EM fits exactly, and a Boltzmann machine for tables of zeros and
 * ones.
 *
 *     deno run examples/related_models.ts
 */
import { factorAnalysis, Rbm } from "../mod.ts";

// Three gauges that follow one load, and a fourth that is independent of it.
const gauges = Array.from({ length: 400 }, (_, i) => {
  const load = Math.sin(i), noise = (k: number) => 0.1 * Math.cos(k * i);
  return [load + noise(3), 2 * load + noise(5), -load + noise(7), noise(11)];
});
const { model, logLikelihood, converged } = await factorAnalysis(gauges, { latent: 1, seed: 1 });
const exact = await model.logLikelihood(gauges, { samples: 1 }); // The posterior is exact, so one draw is enough.
const mean = exact.reduce((sum, value) => sum + value, 0) / exact.length;
console.log(`ln p(x) = ${mean.toFixed(4)} nats, by EM ${logLikelihood.at(-1)!.toFixed(4)}`);
if (!converged || Math.abs(mean - logLikelihood.at(-1)!) > 1e-3) {
  throw new RangeError("Expected the model's likelihood to be that of EM");
}

// Four switches. The first two are always thrown together, and so are the last two.
const switches = [[0, 0, 0, 0], [0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 1, 1]];
const rbm = Rbm.create({ visible: 4, hidden: 6 }, { seed: 1 });
await rbm.fit(switches, {
  epochs: 3000,
  optimizer: { type: "adam", learningRate: 0.02, decay: "cosine" },
});
const { logPartition, method } = await rbm.logPartition();
const [usual, odd] = await rbm.score([[1, 1, 0, 0], [1, 0, 0, 0]]);
console.log(`ln Z = ${logPartition.toFixed(3)} (${method})`);
console.log(
  `-ln p: usual ${(usual + logPartition).toFixed(2)}, odd ${(odd + logPartition).toFixed(2)}`,
);
if (odd - usual < 2) throw new RangeError("Expected one switch alone to be odd");
