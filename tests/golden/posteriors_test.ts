/**
 * Small VAEs with a full covariance, inverse autoregressive flows, two layers and a ladder, against PyTorch in float64:
 * the weight of every draw, the KL if it has a closed form, the loss and every gradient. Oracle:
 * scripts/golden/make_posterior_golden.py. Tolerance: `roundingsOf` in vae_golden.ts.
 */
import assert from "node:assert/strict";
import { createGraph } from "../../src/graph/graph.ts";
import { plan } from "../../src/graph/plan.ts";
import { givenNoise } from "../../src/layers/noise.ts";
import { createScope } from "../../src/layers/scope.ts";
import { rowsInput } from "../../src/models/batch_rows.ts";
import { modelTerms } from "../../src/models/model_terms.ts";
import { layOut } from "../../src/graph/layout.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import { compareWithGoldens } from "./suite.ts";
import { type Golden, noisesOf } from "./vae_golden.ts";

function termsPlan({ spec, objective, tensor }: Golden) {
  const g = createGraph();
  const scope = createScope(g, { noise: givenNoise });
  const terms = modelTerms(scope, spec, rowsInput(g, spec), objective);
  const { klPerDimension, logLikelihoods, logWeights } = terms;
  const kl = klPerDimension && g.sumCols(klPerDimension);
  const [layer] = spec.latent, isGaussian = layer.type === "gaussian";
  const isClosed = isGaussian && spec.latent.length === 1 && layer.flows.length === 0;
  assert.equal(kl !== undefined, isClosed);
  const outputs = { logLikelihoods, logWeights, ...(kl && { kl }) };
  const parameters = layOut("parameters", parametersOf(spec));
  return plan(g, { outputs, capacity: tensor("x").shape[0], parameters });
}

compareWithGoldens({ folder: "posteriors", pieces: termsPlan, noise: noisesOf });
