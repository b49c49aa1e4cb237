/**
 * The learned baseline: it learns E_q[ln p(x | z)] of each row, reduces the variance of q's gradient, and belongs to
 * the run alone. Oracles: the sum over all states (tests/util/discrete_model.ts), and uninterrupted runs.
 */
import assert from "node:assert/strict";
import { type FitOptions, VAE } from "../../mod.ts";
import { fixed, rowsAt } from "../../src/core/shape.ts";
import { splitSeed } from "../../src/core/random/philox.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { plan } from "../../src/graph/plan.ts";
import { drawnNoise } from "../../src/layers/noise.ts";
import { createScope } from "../../src/layers/scope.ts";
import { parseSpec } from "../../src/models/spec.ts";
import { parametersOf } from "../../src/models/vae_graph.ts";
import { modelTerms } from "../../src/models/model_terms.ts";
import { rowsInput } from "../../src/models/batch_rows.ts";
import { learnedBaseline } from "../../src/objectives/baseline.ts";
import { lossOf, parseObjective } from "../../src/objectives/objective.ts";
import { allocateState } from "../../src/training/program/auxiliary_state.ts";
import { writeFinalScalars } from "../../src/training/program/schedule.ts";
import { discreteSpec, PARAMETERS, statesOf, X } from "../util/discrete_model.ts";
import { open, REFERENCE } from "../util/executors.ts";
import { estimate } from "../util/statistics.ts";
import { MemoryStore } from "../util/memory_store.ts";

const ROWS = 64;
const OTHER = [0, 1, 0, 0];
const DATA = Array.from({ length: ROWS }, (_, r) => r % 2 === 0 ? X : OTHER);

/** Steps of the baseline alone; the model does not change. */
function openBaseline() {
  const spec = parseSpec(discreteSpec({ relaxation: "none" }));
  const objective = parseObjective({ type: "reinforce", baseline: "learned", samples: 1 });
  const g = createGraph();
  const scope = createScope(g, { noise: drawnNoise, training: true });
  const terms = modelTerms(scope, spec, rowsInput(g, spec), objective);
  const loss = lossOf(g, terms, objective);
  const auxiliary = loss.auxiliary!;
  const nodes = scope.declared.map(({ name, rows, cols }) => g.parameter(name, rows, cols));
  const [weight] = loss.gradients(nodes);
  const rate = g.input("schedule", fixed(1, 3)), one = g.input("one", fixed(1, 1));
  const velocities = auxiliary.parameters.map((each) => ({
    ...each,
    name: `${each.name}.velocity`,
  }));
  const effects = auxiliary.parameters.map(({ name, rows, cols }, i) =>
    g.sgdStep(
      g.state(name, rows, cols),
      auxiliary.gradients[i],
      g.state(`${name}.velocity`, rows, cols),
      one,
      rate,
      { momentum: 0.9 },
    )
  );
  const outputs = { weight, value: learnedBaseline(g, terms.x, terms.logLikelihoods).value };
  const layout = layOut("parameters", parametersOf(spec));
  const state = layOut("state", [...auxiliary.parameters, ...velocities]);
  const backend = open(REFERENCE);
  const parameters = backend.allocate(layout.length);
  for (const [name, values] of Object.entries(PARAMETERS)) {
    parameters.write(layout.places.get(name)!.offset, values);
  }
  const segments = { parameters, state: allocateState(backend, state, auxiliary.parameters, 1) };
  const program = backend.compile(
    plan(g, { outputs, effects, capacity: ROWS, parameters: layout, state }),
    segments,
  );
  program.write("x", DATA.flat());
  program.write("one", [1]);
  writeFinalScalars(program, objective);
  const read = (output: string) => {
    const { shape } = program.plan.outputs.get(output)!;
    const values = new Float64Array(rowsAt(shape, ROWS) * shape.cols);
    program.read(output, values);
    return values;
  };
  let step = 0;
  return {
    /** Steps at a rate; the variance of q's gradient during them, summed over its coordinates. */
    run(steps: number, learningRate: number): number {
      program.write("schedule", [learningRate, 1, 1]);
      const gradients = Array.from({ length: steps }, () => {
        program.write("key", [...splitSeed(1), step++, 0]);
        program.run(ROWS);
        return read("weight");
      });
      return gradients[0].reduce((sum, _, i) => {
        const { standardError } = estimate(gradients.map((each) => each[i]));
        return sum + steps * standardError ** 2;
      }, 0);
    },
    values: () => read("value"),
    dispose: () => backend.dispose(),
  };
}

Deno.test("a learned baseline approaches each row's expected reward, and q's gradient varies less", () => {
  const baseline = openBaseline();
  const before = baseline.run(200, 0);
  baseline.run(1000, 0.01);
  const after = baseline.run(200, 0);
  const value = baseline.values();
  [X, OTHER].forEach((x, r) => {
    const want = statesOf(PARAMETERS, x).reduce(
      (sum, { logPosterior, logLikelihood }) => sum + Math.exp(logPosterior) * logLikelihood,
      0,
    );
    // Rewards vary by about 1 nat; steps of 0.01 with momentum average over some tens of batches of 32.
    assert.ok(Math.abs(value[r] - want) < 0.3, `${value[r]}, exactly ${want}`);
  });
  // 200 batches give either variance within a factor of 1.5, at five standard errors: √(2/200).
  assert.ok(after < before / 2.25, `${after} after, ${before} before`);
  baseline.dispose();
});

async function trained(options: FitOptions): Promise<VAE> {
  const vae = VAE.create(discreteSpec({ relaxation: "none" }), { seed: 5 });
  await vae.fit(DATA, {
    epochs: 3,
    batchSize: 30,
    objective: { type: "reinforce", baseline: "learned", samples: 2 },
    optimizer: { type: "adam", learningRate: 0.02 },
    ...options,
  });
  return vae;
}

Deno.test("a baseline is kept in checkpoints, and not in model files", async () => {
  const store = new MemoryStore();
  const whole = await trained({ checkpoint: store });
  assert.deepEqual([...whole.parameters().keys()], Object.keys(PARAMETERS));
  assert.ok(!new TextDecoder().decode(whole.save()).includes("baseline"));
  for (const state of store.written.slice(0, -1)) {
    const resumed = await trained({ checkpoint: new MemoryStore(state) });
    assert.deepEqual(resumed.save(), whole.save());
  }
  assert.ok(store.written.length > 6);
});
