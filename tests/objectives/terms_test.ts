/**
 * Posteriors that offer less than the diagonal Gaussian: without a closed form of the KL, objectives and evaluation use
 * the draws, and estimators that need reparameterised draws refuse a posterior without them. Such posteriors are made
 * from the diagonal one by leaving things out.
 */
import assert from "node:assert/strict";
import type { ObjectiveInput } from "../../mod.ts";
import type { SyncProgram } from "../../src/backends/backend.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { plan } from "../../src/graph/plan.ts";
import { givenNoise } from "../../src/layers/noise.ts";
import { createScope } from "../../src/layers/scope.ts";
import { parseSpec } from "../../src/models/spec.ts";
import { layOut } from "../../src/graph/layout.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import { modelTerms } from "../../src/models/model_terms.ts";
import { rowsInput } from "../../src/models/batch_rows.ts";
import { lossOf, parseObjective } from "../../src/objectives/objective.ts";
import type { Terms } from "../../src/objectives/terms.ts";
import { evaluationSteps } from "../../src/trained/calls/evaluation.ts";
import { runSync } from "../../src/trained/steps.ts";
import { writeFinalScalars } from "../../src/training/program/schedule.ts";
import { normals } from "../util/data.ts";
import { open, REFERENCE } from "../util/executors.ts";

const SPEC = parseSpec({ inputs: 3, latent: [{ size: 2 }] });
const ROWS = 4;

/** Loss, reconstruction and KL of an objective with the remaining terms. */
function run(input: ObjectiveInput, missing: readonly (keyof Terms)[]) {
  const objective = parseObjective(input);
  const g = createGraph();
  const scope = createScope(g, { noise: givenNoise });
  const all = modelTerms(scope, SPEC, rowsInput(g, SPEC), objective);
  const terms = { ...all, ...Object.fromEntries(missing.map((name) => [name, undefined])) };
  const { gradients, loss, reconstruction, kl } = lossOf(g, terms, objective);
  const outputs = { loss, reconstruction, kl };
  gradients(scope.declared.map(({ name, rows, cols }) => g.parameter(name, rows, cols)));
  const backend = open(REFERENCE);
  const parameters = backend.allocate(layOut("parameters", parametersOf(SPEC)).length);
  parameters.write(0, normals(parameters.length, 3));
  const layout = layOut("parameters", parametersOf(SPEC));
  const program = backend.compile(plan(g, { outputs, capacity: ROWS, parameters: layout }), {
    parameters,
  });
  program.write("x", normals(3 * ROWS, 1));
  program.write("noise", normals(2 * ROWS * objective.samples, 2));
  writeFinalScalars(program, objective);
  program.run(ROWS);
  const read = Object.keys(outputs).map((name) => {
    const value = new Float64Array(1);
    program.read(name, value);
    return [name, value[0]];
  });
  backend.dispose();
  return Object.fromEntries(read);
}

Deno.test("without a closed form the KL is that of the draws", () => {
  const byDraws = run({ kl: "monteCarlo", samples: 3 }, []);
  assert.deepEqual(run({ samples: 3 }, ["klPerDimension"]), byDraws);
  assert.notEqual(run({ samples: 3 }, []).kl, byDraws.kl);
  assert.equal(run({ type: "iwae", samples: 3 }, ["klPerDimension"]).kl, byDraws.kl);
});

Deno.test("what a posterior does not offer is refused by name", () => {
  assert.throws(() => run({ freeBits: 1 }, ["klPerDimension"]), /freeBits needs a KL in closed/);
  assert.throws(() => run({ freeBits: 1, kl: "monteCarlo" }, []), /freeBits needs a KL in closed/);
  for (const type of ["elbo", "iwae"] as const) {
    const stl = { type, estimator: "stl" } as ObjectiveInput;
    assert.throws(() => run(stl, ["paths"]), /estimator "stl" needs reparameterised draws/);
  }
  assert.throws(() => run({ type: "betaTc" }, []), /needs q\(z \| x\) to be a diagonal Gaussian/);
});

Deno.test("evaluation without a closed form uses ln q - ln p of the draws, and says so", () => {
  // Two rows of three draws; chunks of 64 do not matter. ln q - ln p = ln p(x | z) - ln w.
  const values: Record<string, number[]> = {
    logLikelihoods: [-1, -2, -3, -4, -5, -6],
    logWeights: [-2, -2, -5, -5, -7, -6],
  };
  const program = {
    plan: { inputs: new Map(), outputs: new Map(), capacity: 16 },
    write() {},
    run() {},
    read: (name: string, into: Float64Array) => into.set(values[name]),
  } as unknown as SyncProgram;
  const x = { data: new Float32Array(2), shape: [2, 1] as const };
  const evaluation = runSync(evaluationSteps(x, { samples: 3 }, () => program));
  assert.equal(evaluation.klForm, "sampled");
  assert.deepEqual([...evaluation.kl], [1, 1]);
  assert.deepEqual([...evaluation.elbo], [-3, -6]);
  assert.equal(evaluation.klPerDimension.length, 0);
});
