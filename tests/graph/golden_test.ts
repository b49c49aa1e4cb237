/**
 * The printed plan of a small autoencoder's training step, against a stored text: a change to the graph, a derivative
 * or the planner shows as a readable difference.
 *
 *     deno test --allow-read --allow-write tests/graph/golden_test.ts -- --update
 */
import assert from "node:assert/strict";
import { batched, fixed } from "../../src/core/shape.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import { plan } from "../../src/graph/plan.ts";
import { printPlan } from "./print_plan.ts";

const GOLDEN = new URL("./golden/vae_training.txt", import.meta.url);

/** D = 6, H = 5, L = 2; one sample; clipped SGD with momentum; up to 16 rows. */
function trainingPlan() {
  const g = createGraph();
  const layers = { hidden: [6, 5], mean: [5, 2], logVar: [5, 2], back: [2, 5], logits: [5, 6] };
  const tensors = Object.entries(layers).flatMap(([name, [rows, cols]]) => [
    { name: `${name}.weight`, rows, cols },
    { name: `${name}.bias`, rows: 1, cols },
  ]);
  const nodes = tensors.map(({ name, rows, cols }) => g.parameter(name, rows, cols));
  const [w1, b1, w2, b2, w3, b3, w4, b4, w5, b5] = nodes;

  const x = g.input("x", batched(6)), key = g.input("key", fixed(1, 4), { integer: true });
  const hidden = g.dense(x, w1, b1, { activation: "tanh" });
  const mean = g.dense(hidden, w2, b2, { activation: "identity" });
  const logVar = g.clamp(g.dense(hidden, w3, b3, { activation: "identity" }), {
    low: -30,
    high: 20,
  });
  const noise = g.randomNormal(key, { ...batched(2), stream: 0 });
  const back = g.dense(g.reparameterize(mean, logVar, noise), w4, b4, { activation: "tanh" });
  const logits = g.dense(back, w5, b5, { activation: "identity" });
  const kl = g.sumCols(g.gaussianKl(mean, logVar));
  const elbo = g.sub(g.sumCols(g.bernoulliLogProb(x, logits)), kl);
  const loss = g.affine(g.sumRows(elbo, { mean: true }), { scale: -1, offset: 0 });

  const gradients = gradient(g, loss, nodes);
  const norm = gradients.map((each) => g.squaredNorm(each)).reduce((a, b) => g.add(a, b));
  const scale = g.clipScale(norm, { maxNorm: 5 }), schedule = g.input("schedule", fixed(1, 3));
  const effects = nodes.map((node, i) => {
    const velocity = g.state(node.name, node.shape.rows, node.shape.cols);
    return g.sgdStep(node, gradients[i], velocity, scale, schedule, { momentum: 0.9 });
  });
  const [parameters, state] = [layOut("parameters", tensors), layOut("state", tensors)];
  return plan(g, { outputs: { loss, kl }, effects, capacity: 16, parameters, state });
}

Deno.test("the plan of a small training step is the stored one", () => {
  const text = printPlan(trainingPlan()) + "\n";
  if (Deno.args.includes("--update")) Deno.writeTextFileSync(GOLDEN, text);
  assert.equal(text, Deno.readTextFileSync(GOLDEN).replaceAll("\r\n", "\n"));
});
