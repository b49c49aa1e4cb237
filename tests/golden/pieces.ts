/**
 * The parts of the bound of small VAEs, and every gradient, on any backend, against PyTorch in float64. Oracle:
 * scripts/golden/make_vae_golden.py. Tolerance: `roundingsOf` in vae_golden.ts.
 */
import type { Backend } from "../../src/backends/backend.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { type Plan, plan } from "../../src/graph/plan.ts";
import { givenNoise } from "../../src/layers/noise.ts";
import { createScope } from "../../src/layers/scope.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import { modelTerms } from "../../src/models/model_terms.ts";
import { rowsInput } from "../../src/models/batch_rows.ts";
import { lossOf } from "../../src/objectives/objective.ts";
import { writeFinalScalars } from "../../src/training/program/schedule.ts";
import { gradientPlan } from "../../src/training/program/train_program.ts";
import { assertRelative } from "../util/close.ts";
import { type Golden, largest, roundingsOf } from "./vae_golden.ts";

/** Everything in the golden file, as a plan over x, noise and klWeight. */
export function boundPlan({ spec, objective, tensor }: Golden) {
  const g = createGraph();
  const scope = createScope(g, { noise: givenNoise });
  const rows = rowsInput(g, spec);
  const terms = modelTerms(scope, spec, rows, objective);
  const { loss, reconstruction } = lossOf(g, terms, objective);
  const { mean, logVar, klPerDimension: kl, logLikelihoods, logWeights } = terms;
  const outputs = { mean, logVar, kl: kl!, logLikelihoods, logWeights, loss, reconstruction };
  const parameters = layOut("parameters", parametersOf(spec));
  return plan(g, { outputs, capacity: tensor("x").shape[0], parameters });
}

/** Compares every part of the bound that the file contains. */
export async function checkPieces(
  golden: Golden,
  backend: Backend,
  unitRoundoff: number,
): Promise<void> {
  const wanted = (output: string) => golden.tensor(output).data;
  await checkPlan(golden, backend, boundPlan(golden), wanted, roundingsOf(golden) * unitRoundoff);
}

/** Compares the gradient of every parameter. */
export async function checkGradients(
  golden: Golden,
  backend: Backend,
  unitRoundoff: number,
): Promise<void> {
  const { spec, objective, tensor } = golden;
  const request = {
    spec,
    objective,
    capacity: tensor("x").shape[0],
    parameters: layOut("parameters", parametersOf(spec)),
    state: layOut("state", []),
  };
  const expected = new Map([...golden.group("gradient"), ["loss", tensor("loss")]]);
  const wanted = (output: string) => expected.get(output)!.data;
  const relative = roundingsOf(golden) * unitRoundoff;
  await checkPlan(golden, backend, gradientPlan(request).plan, wanted, relative);
}

/** Compares every output of a plan for the parameters, rows and noise of the golden file. */
export async function checkPlan(
  golden: Golden,
  backend: Backend,
  plan: Plan,
  wanted: (output: string) => ArrayLike<number>,
  relative: number,
): Promise<void> {
  const { spec, objective, tensor } = golden;
  const layout = layOut("parameters", parametersOf(spec));
  const parameters = backend.allocate(layout.length);
  for (const [key, { data }] of golden.group("parameter")) {
    parameters.write(layout.places.get(key)!.offset, data);
  }
  const program = backend.compile(plan, { parameters });
  program.write("x", tensor("x").data);
  for (const name of plan.inputs.keys()) {
    if (name.startsWith("noise")) program.write(name, tensor(name).data);
  }
  writeFinalScalars(program, objective);
  await program.run(tensor("x").shape[0]);
  await Promise.all([...plan.outputs.keys()].map(async (output) => {
    const data = wanted(output);
    const got = new Float64Array(data.length).fill(NaN);
    await program.read(output, got);
    assertRelative(got, data, 0, relative * largest(data), output);
  }));
  program.dispose();
  parameters.dispose();
}
