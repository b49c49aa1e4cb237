/**
 * Peer: this checkout. Variants, each with its own row:
 *
 *   user     as users call it: `scoreInto` for one row, `score` for more; and the training program
 *   program  the scoring program alone: rows in, costs and KL by column out, without sums or checks
 *   fit      `VAE.fit`, its time divided by its steps
 */
import type { Objective } from "../../src/objectives/objective.ts";
import type { TrainedVae } from "../../src/trained/trained_vae.ts";
import { type Peer, type ScoreTask, serve, type Task, type TrainTask } from "./peer.ts";
import * as lib from "../lib/elbow.ts";
import { product } from "../lib/graphs.ts";
import * as models from "../lib/models.ts";
import { firstRows, IWAE, type Model } from "../lib/workloads.ts";

/** Rows of an epoch of `fit`; an epoch is one sample. */
const FIT_ROWS = 4096;

await serve(async ({ kind, variant, threads, folder }): Promise<Peer> => {
  // A cold start loads only what scoring needs, in one file, as the peers' packages are.
  if (kind === "cold") return { about: { threads: 1 }, score: (model) => fromFile(folder, model) };
  const elbow = await lib.loadElbow();
  const machine = { threads };
  const about = await deviceOf(threads);
  if (variant === "fit") return { about, train: (model, batch) => fit(model, batch, threads) };
  if (variant === "program") {
    return { about, score: (model, batch) => programScore(elbow, model, batch, machine) };
  }
  const elbo = elbow.objective.parseObjective({ type: "elbo" });
  const [iwae, refused] = parseIwae(elbow);
  return {
    about,
    refused,
    score: (model, batch) => userScore(elbow, model, batch, threads),
    train: (model, batch) =>
      stepTask(elbow, model, models.trainStep(elbow, model, batch, elbo, machine)),
    iwae: iwae && ((model, batch) => models.trainStep(elbow, model, batch, iwae, machine)),
    gemm: (m, k, n) => product(elbow, [m, k, n], machine),
  };
});

/** The actual number of threads of a model large enough to share. */
async function deviceOf(threads: number): Promise<{ threads: number; build: string }> {
  const { VAE } = await lib.loadVae();
  const inputs = 784, hidden = { hidden: [400] };
  const spec = { inputs, encoder: hidden, decoder: hidden, latent: [{ size: 20 }] };
  const vae = VAE.create(spec, { threads });
  const rows = { data: new Float32Array(512 * inputs), shape: [512, inputs] as const };
  // Helpers are started by the first program that is worth sharing, and then report.
  for (let tries = 0; tries < 50 && vae.device.threads < threads; tries++) {
    await vae.score(rows);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { device } = vae;
  vae.dispose();
  return { threads: device.threads, build: `${device.build}` };
}

/** The objective, if this checkout has it. */
function parseIwae(elbow: lib.Elbow): [Objective | undefined, { iwae?: string }] {
  try {
    return [elbow.objective.parseObjective({ type: "iwae", samples: IWAE.samples }), {}];
  } catch (error) {
    return [undefined, { iwae: `no such objective yet (${(error as Error).message})` }];
  }
}

async function userScore(
  elbow: lib.Elbow,
  model: Model,
  batch: number,
  threads: number,
): Promise<ScoreTask> {
  const { VAE } = await lib.loadVae();
  const options = models.specOf(model.workload), vae = VAE.create(options, { threads });
  const weights = models.namedWeights(elbow, elbow.spec.parseSpec(options), model);
  vae.setParameters(new Map([...weights].map(([name, data]) => [name, { data }])));
  return scoreTask(vae, model, batch);
}

async function fromFile(folder: string, model: Model): Promise<ScoreTask> {
  const { TrainedVae }: typeof import("../../src/trained/mod.ts") = await import(
    `file://${folder}/elbow.js`
  );
  const bytes = Deno.readFileSync(`${folder}/${model.workload.name}.safetensors`);
  return scoreTask(await TrainedVae.load(bytes), model, 1);
}

function scoreTask(vae: TrainedVae, model: Model, batch: number): ScoreTask {
  const { inputs } = model.workload;
  const rows = firstRows(model, batch);
  let scores: Float64Array = new Float64Array(batch);
  const many = async () => scores = await vae.score({ data: rows, shape: [batch, inputs] });
  return {
    run: batch === 1 ? () => vae.scoreInto(rows, scores) : many,
    get scores() {
      return scores.map((score) => score - models.constantOf(model));
    },
    dispose: () => vae.dispose(),
  };
}

function programScore(
  elbow: lib.Elbow,
  model: Model,
  batch: number,
  machine: lib.Machine,
): ScoreTask {
  const ready = models.scoreProgram(elbow, model, batch, machine);
  const { inputs, latent } = model.workload;
  const cost = new Float32Array(batch * inputs), kl = new Float32Array(batch * latent);
  return {
    ...ready,
    get scores() {
      ready.program.read("cost", cost);
      ready.program.read("kl", kl);
      const sum = (values: Float32Array, r: number) =>
        values.subarray(r * values.length / batch, (r + 1) * values.length / batch)
          .reduce((a, b) => a + b, 0);
      return Array.from(
        { length: batch },
        (_, r) => sum(cost, r) + sum(kl, r) - models.constantOf(model),
      );
    },
  };
}

function stepTask(elbow: lib.Elbow, model: Model, ready: lib.Ready): TrainTask {
  return { ...ready, weights: () => Promise.resolve(models.readWeights(elbow, model, ready)) };
}

/** `VAE.fit` over the model's rows, repeated; a sample is an epoch's time per step. */
async function fit(model: Model, batch: number, threads: number): Promise<TrainTask> {
  const { VAE } = await lib.loadVae();
  const { inputs } = model.workload;
  const data = new Float32Array(FIT_ROWS * inputs);
  for (let at = 0; at < data.length; at += model.rows.length) data.set(model.rows, at);
  const vae = VAE.create(models.specOf(model.workload), { threads, seed: 1 });
  const ownSamples = async (seconds: number): Promise<number[]> => {
    const ends: number[] = [];
    const stop = new AbortController();
    const onProgress = () => {
      ends.push(performance.now());
      if (ends.length > 2 && ends.at(-1)! - ends[0] > 1000 * seconds) stop.abort();
    };
    const options = { epochs: 1e7, batchSize: batch, onProgress, signal: stop.signal };
    await vae.fit({ data, shape: [FIT_ROWS, inputs] }, options).catch((error) => {
      if (!stop.signal.aborted) throw error;
    });
    const steps = Math.ceil(FIT_ROWS / batch);
    return ends.slice(1).map((end, i) => (end - ends[i]) / steps);
  };
  const run: Task["run"] = () => {
    throw new TypeError("Cannot take one step: fit takes its own samples");
  };
  return { run, ownSamples, weights: () => Promise.resolve([]), dispose: () => vae.dispose() };
}
