/**
 * Peer: jax-js 0.1.25 on its WebAssembly device, everything under `jit`, with Adam written out so that it is compiled
 * with the rest. It uses as many threads as the process has cores.
 *
 * Every use of an array but its last is `.ref`, because the library counts references explicitly.
 */
import * as jax from "npm:@jax-js/jax@0.1.25";
import { type ScoreTask, serve, someFloats, type Task, type TrainTask } from "./peer.ts";
import { ADAM, firstRows, layersOf, type Model, type Workload } from "../lib/workloads.ts";

const { numpy: np, nn, random } = jax;
type Arr = jax.Array;

/** From rows to output through dense layers `first` … of the weights, without consuming them. */
function denseChain(
  { activation, hidden }: Workload,
  weights: readonly Arr[],
  first: number,
  x: Arr,
): Arr {
  return hidden.reduce((h, _, i) => {
    const out = dense(weights, first + i, h);
    return activation === "tanh" ? np.tanh(out) : nn.relu(out);
  }, x);
}

function dense(weights: readonly Arr[], layer: number, x: Arr): Arr {
  return np.matmul(x, weights[2 * layer].ref).add(weights[2 * layer + 1].ref);
}

function encode(workload: Workload, weights: readonly Arr[], x: Arr): { mean: Arr; logVar: Arr } {
  const last = denseChain(workload, weights, 0, x);
  const { length } = workload.hidden;
  return { mean: dense(weights, length, last.ref), logVar: dense(weights, length + 1, last) };
}

function decode(workload: Workload, weights: readonly Arr[], z: Arr): Arr {
  const first = workload.hidden.length + 2;
  return dense(weights, first + workload.hidden.length, denseChain(workload, weights, first, z));
}

/** Per row, nats. */
function reconstruction({ likelihood }: Workload, x: Arr, out: Arr): Arr {
  if (likelihood === "gaussian") return np.square(x.sub(out)).sum(1).mul(0.5);
  return nn.softplus(out.ref).sub(x.mul(out)).sum(1);
}

/** Per row, nats. */
function klOf(mean: Arr, logVar: Arr): Arr {
  return np.square(mean).add(np.exp(logVar.ref)).sub(logVar).sub(1).sum(1).mul(0.5);
}

/** μ + σ ε, and ε. */
function draw(mean: Arr, logVar: Arr, key: Arr): { z: Arr; noise: Arr } {
  const noise = random.normal(key, mean.shape);
  return { z: mean.add(np.exp(logVar.mul(0.5)).mul(noise.ref)), noise };
}

function weightsOf({ workload, weights }: Model): Arr[] {
  const layers = layersOf(workload);
  return weights.map((values, i) => {
    const [inputs, outputs] = layers[i >> 1];
    return np.array(values, { shape: i % 2 === 0 ? [inputs, outputs] : [outputs] });
  });
}

function inputOf(model: Model, batch: number): Arr {
  return np.array(firstRows(model, batch), { shape: [batch, model.workload.inputs] });
}

function score(model: Model, batch: number): ScoreTask {
  const { workload } = model;
  const weights = weightsOf(model), rows = firstRows(model, batch);
  const scores = new Float32Array(batch);
  const compiled = jax.jit((weights: Arr[], x: Arr) => {
    const { mean, logVar } = encode(workload, weights, x.ref);
    const out = decode(workload, weights, mean.ref);
    weights.forEach((each) => each.dispose());
    return reconstruction(workload, x, out).add(klOf(mean, logVar));
  });
  return {
    scores,
    async run() {
      const x = np.array(rows.slice(), { shape: [batch, workload.inputs] });
      scores.set(await compiled(weights.map((each) => each.ref), x).data() as Float32Array);
    },
  };
}

/** -mean ELBO over the rows of x. */
function elboLoss(workload: Workload, weights: Arr[], x: Arr, key: Arr): Arr {
  const { mean, logVar } = encode(workload, weights, x.ref);
  const { z, noise } = draw(mean.ref, logVar.ref, key);
  noise.dispose();
  const out = decode(workload, weights, z);
  weights.forEach((each) => each.dispose());
  return reconstruction(workload, x, out).add(klOf(mean, logVar)).mean();
}

/** -mean ln (1/K Σ w) over the rows of x, without the constant ln K. */
function iwaeLoss(samples: number) {
  return (workload: Workload, weights: Arr[], x: Arr, key: Arr): Arr => {
    const [batch] = x.shape;
    const q = encode(workload, weights, x.ref);
    const mean = np.repeat(q.mean, samples, 0), logVar = np.repeat(q.logVar, samples, 0);
    const { z, noise } = draw(mean, logVar.ref, key);
    const ratio = np.square(noise).add(logVar).sub(np.square(z.ref)).sum(1).mul(0.5);
    const out = decode(workload, weights, z);
    weights.forEach((each) => each.dispose());
    const logWeights = ratio.sub(reconstruction(workload, np.repeat(x, samples, 0), out));
    return nn.logsumexp(logWeights.reshape([batch, samples]), 1).mean().mul(-1);
  };
}

type Loss = typeof elboLoss;

/** Weights, their two moments, and the results of a step for each. */
function adam(weights: Arr[], grads: Arr[], m: Arr[], v: Arr[], correction: Arr): Arr[][] {
  const { rate, beta1, beta2, epsilon } = ADAM;
  const newM = m.map((each, i) => each.mul(beta1).add(grads[i].ref.mul(1 - beta1)));
  const newV = v.map((each, i) => each.mul(beta2).add(np.square(grads[i]).mul(1 - beta2)));
  const [one, two] = [correction.ref.slice(0), correction.slice(1)];
  const next = weights.map((each, i) => {
    const size = np.sqrt(newV[i].ref.div(two.ref)).add(epsilon);
    return each.sub(newM[i].ref.div(one.ref).div(size).mul(rate));
  });
  one.dispose();
  two.dispose();
  return [next, newM, newV];
}

function stepTask(model: Model, batch: number, loss: Loss): TrainTask {
  const { workload } = model;
  const x = inputOf(model, batch);
  const gradient = jax.grad((weights: Arr[], x: Arr, key: Arr) => loss(workload, weights, x, key));
  const compiled = jax.jit(
    (weights: Arr[], m: Arr[], v: Arr[], x: Arr, key: Arr, correction: Arr) => {
      const grads = gradient(weights.map((each) => each.ref), x, key) as Arr[];
      return adam(weights, grads, m, v, correction);
    },
  );
  const weights = weightsOf(model);
  let state = [weights, ...[0, 1].map(() => weights.map((each) => np.zeros(each.shape)))];
  let step = 0;
  return {
    async run() {
      step++;
      const correction = np.array([1 - ADAM.beta1 ** step, 1 - ADAM.beta2 ** step]);
      state = compiled(
        state[0],
        state[1],
        state[2],
        x.ref,
        random.key(step),
        correction,
      ) as Arr[][];
      await jax.blockUntilReady(state);
    },
    weights: () =>
      Promise.all(state[0].map(async (each) => (await each.ref.data() as Float32Array).slice())),
  };
}

function gemm(m: number, k: number, n: number): Task {
  const a = np.array(someFloats(m * k), { shape: [m, k] });
  const b = np.array(someFloats(k * n), { shape: [k, n] });
  const product = jax.jit((a: Arr, b: Arr) => np.matmul(a, b));
  return {
    async run() {
      const out = product(a.ref, b.ref);
      await out.blockUntilReady();
      out.dispose();
    },
  };
}

await serve(async ({ threads }) => {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const about = { threads: Math.min(threads, navigator.hardwareConcurrency), jaxJs: "0.1.25" };
  return {
    about,
    score,
    train: (model, batch) => stepTask(model, batch, elboLoss),
    iwae: (model, batch, samples) => stepTask(model, batch, iwaeLoss(samples)),
    gemm,
  };
});
