/**
 * Probabilistic PCA of MNIST / 255 in three ways, against figures computed elsewhere in double precision: the closed
 * form (eigenvalues of the covariance), EM, and a linear VAE trained by gradients. Prints the mean ln p(x) of the
 * training and test images in nats, for the VAE its ELBO, one line each. The exit status is 1 if one is more than 0.5
 * nats off. Results are in docs/results.md.
 *
 *     deno task results:ppca [folder of IDX files]
 */
import { symmetricEigen } from "../../src/core/algebra/symmetric_eigen.ts";
import { factorAnalysis } from "../../src/training/em/factor_analysis.ts";
import { runSync } from "../../src/trained/steps.ts";
import { momentSteps } from "../../src/training/em/moments.ts";
import { VAE } from "../../src/training/vae.ts";
import { readImages } from "./images.ts";
import { mean } from "../lib/statistics.ts";

/** q, and the mean ln p(x) of the training and test images. */
const PUBLISHED = [[10, 182.1547, 186.0241], [20, 299.7584, 306.5487]] as const;
const LIMIT = 0.5;
const LN_2PI = Math.log(2 * Math.PI);

const [folder = "../shared/data/images-mnist"] = Deno.args;
const train = await readImages(`${folder}/train-images-idx3-ubyte.gz`);
const test = await readImages(`${folder}/t10k-images-idx3-ubyte.gz`);
const columns = train.shape[1];

const start = performance.now();
const { covariance } = runSync(momentSteps(train));
const { values } = symmetricEigen(covariance, columns);
const spectrumSeconds = (performance.now() - start) / 1000;

for (const [latent, wantTrain, wantTest] of PUBLISHED) {
  const report = (what: string, ofTrain: number, seconds: number, ofTest?: number) => {
    const figure = (got: number, want: number) => `${got.toFixed(4)} (${want.toFixed(4)})`;
    const off = Math.max(
      Math.abs(ofTrain - wantTrain),
      ofTest === undefined ? 0 : Math.abs(ofTest - wantTest),
    );
    if (off > LIMIT) Deno.exitCode = 1;
    const tested = ofTest === undefined ? "" : `, test ${figure(ofTest, wantTest)}`;
    const trained = `train ${figure(ofTrain, wantTrain)}${tested}`;
    console.log(`q = ${latent}, ${what}: ${trained}, ${seconds.toFixed(1)} s`);
  };
  report("closed form", closedForm(latent), spectrumSeconds);

  const begun = performance.now();
  const em = await factorAnalysis(train, { latent, noise: "shared", seed: 1 });
  const emSeconds = (performance.now() - begun) / 1000;
  // One draw is exact, because the encoder is the posterior.
  const ofTest = mean(await em.model.logLikelihood(test, { samples: 1 }));
  report(`EM, ${em.iterations} steps`, em.logLikelihood.at(-1)!, emSeconds, ofTest);
  em.model.dispose();

  const vae = VAE.create({
    inputs: columns,
    latent: [{ size: latent }],
    likelihood: { type: "gaussian", variance: "shared" },
  }, { seed: 1 });
  const fitted = performance.now();
  await vae.fit(train, {
    epochs: 30,
    batchSize: 500,
    optimizer: { type: "adam", learningRate: 0.01, decay: "cosine" },
  });
  const vaeSeconds = (performance.now() - fitted) / 1000;
  const [ofTraining, ofTesting] = [await vae.elbo(train), await vae.elbo(test)].map(mean);
  report("linear VAE, 30 epochs", ofTraining, vaeSeconds, ofTesting);
  vae.dispose();
}

/** The maximum likelihood: Tipping and Bishop, 1999. */
function closedForm(latent: number): number {
  const rest = values.subarray(latent);
  const variance = rest.reduce((sum, value) => sum + value, 0) / rest.length;
  const logs = values.subarray(0, latent).reduce((sum, value) => sum + Math.log(value), 0);
  return -0.5 * (columns * (LN_2PI + 1) + logs + rest.length * Math.log(variance));
}
