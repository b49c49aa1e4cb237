/**
 * Small categorical VAEs against PyTorch in float64: probabilities, draws, KL, the loss and every gradient; relaxed,
 * straight-through and by score function, for given uniform noise. Oracle: scripts/golden/make_categorical_golden.py.
 * Tolerance: `roundingsOf` in vae_golden.ts, times 1/τ ≤ 2.5 for relaxed draws, because an error of the perturbed
 * logits is one of (l + g)/τ.
 */
import { createGraph } from "../../src/graph/graph.ts";
import { plan } from "../../src/graph/plan.ts";
import { givenNoise } from "../../src/layers/noise.ts";
import { createScope } from "../../src/layers/scope.ts";
import { rowsInput } from "../../src/models/batch_rows.ts";
import { layOut } from "../../src/graph/layout.ts";
import { infer, parametersOf } from "../../src/models/vae_graph.ts";
import { compareWithGoldens } from "./suite.ts";
import type { Golden } from "./vae_golden.ts";

/** 1/τ of the lowest temperature. */
const COLDEST = 2.5;

/** The encoder's output for x, and the draws that training uses. */
function inferencePlan({ spec, objective, tensor }: Golden) {
  const g = createGraph();
  const scope = createScope(g, { noise: givenNoise, training: true });
  const { all } = rowsInput(g, spec);
  const { z, mean, klPerDimension } = infer(scope, spec, all, objective.samples);
  const parameters = layOut("parameters", parametersOf(spec));
  const outputs = { z, mean, kl: klPerDimension! };
  return plan(g, { outputs, capacity: tensor("x").shape[0], parameters });
}

compareWithGoldens({
  folder: "categorical",
  pieces: inferencePlan,
  noise: ({ tensor }) => new Map([["noise.uniform", tensor("noise.uniform")]]),
  factor: COLDEST,
});
