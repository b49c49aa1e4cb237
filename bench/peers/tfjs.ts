/**
 * Peer: TensorFlow.js 4.22 on its WebAssembly backend (SIMD; one thread, because it refuses more outside browsers),
 * eager, in tidy scopes, with its own Adam.
 */
import * as tf from "npm:@tensorflow/tfjs-core@4.22.0";
import "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import { type ScoreTask, serve, someFloats, type Task, type TrainTask } from "./peer.ts";
import { ADAM, firstRows, layersOf, type Model } from "../lib/workloads.ts";

type Matrix = tf.Tensor2D;

/** The gradients of its operations are not in the core; its package of layers registers them. */
async function loadGradients(): Promise<void> {
  await import(`npm:@tensorflow/tfjs-layers@${tf.version_core}`);
}

/** Weights as variables, in the order of `Model`, and the two networks that use them. */
class Network {
  readonly model: Model;
  readonly variables: tf.Variable[];

  constructor(model: Model) {
    this.model = model;
    const layers = layersOf(model.workload);
    this.variables = model.weights.map((values, i) => {
      const [inputs, outputs] = layers[i >> 1];
      return tf.variable(tf.tensor(values, i % 2 === 0 ? [inputs, outputs] : [outputs]));
    });
  }

  encode(x: Matrix): { mean: Matrix; logVar: Matrix } {
    const { hidden } = this.model.workload;
    const last = hidden.reduce((h, _, i) => this.#act(this.#dense(h, i)), x);
    return { mean: this.#dense(last, hidden.length), logVar: this.#dense(last, hidden.length + 1) };
  }

  decode(z: Matrix): Matrix {
    const { hidden } = this.model.workload;
    const first = hidden.length + 2;
    const last = hidden.reduce((h, _, i) => this.#act(this.#dense(h, first + i)), z);
    return this.#dense(last, first + hidden.length);
  }

  /** Per row, nats. */
  reconstruction(x: Matrix, out: Matrix): tf.Tensor1D {
    if (this.model.workload.likelihood === "gaussian") {
      return tf.mul(tf.sum(tf.square(tf.sub(x, out)), 1), 0.5);
    }
    return tf.sum(tf.sub(tf.softplus(out), tf.mul(x, out)), 1);
  }

  #dense(x: Matrix, layer: number): Matrix {
    const [weight, bias] = this.variables.slice(2 * layer);
    return tf.add(tf.matMul(x, weight as tf.Tensor as Matrix), bias);
  }

  #act(x: Matrix): Matrix {
    return this.model.workload.activation === "tanh" ? tf.tanh(x) : tf.relu(x);
  }
}

/** Per row, nats. */
function klOf(mean: Matrix, logVar: Matrix): tf.Tensor1D {
  const terms = tf.sub(tf.add(tf.square(mean), tf.exp(logVar)), tf.add(logVar, 1));
  return tf.mul(tf.sum(terms, 1), 0.5);
}

function inputOf(model: Model, batch: number): Matrix {
  return tf.tensor2d(firstRows(model, batch), [batch, model.workload.inputs]);
}

function score(model: Model, batch: number): ScoreTask {
  const network = new Network(model);
  const rows = firstRows(model, batch), scores = new Float32Array(batch);
  return {
    scores,
    run() {
      const result = tf.tidy(() => {
        const x = tf.tensor2d(rows, [batch, model.workload.inputs]);
        const { mean, logVar } = network.encode(x);
        return tf.add(network.reconstruction(x, network.decode(mean)), klOf(mean, logVar));
      });
      scores.set(result.dataSync());
      result.dispose();
    },
  };
}

/** A step of Adam on `loss` of the network. */
async function stepTask(network: Network, loss: () => tf.Scalar): Promise<TrainTask> {
  await loadGradients();
  const adam = tf.train.adam(ADAM.rate, ADAM.beta1, ADAM.beta2, ADAM.epsilon);
  return {
    run: () => tf.tidy(() => void adam.minimize(loss, false, network.variables)),
    weights: async () => network.variables.map((each) => new Float32Array(each.dataSync())),
  };
}

function train(model: Model, batch: number): Promise<TrainTask> {
  const network = new Network(model), x = inputOf(model, batch);
  return stepTask(network, () => {
    const { mean, logVar } = network.encode(x);
    const noise = tf.randomNormal([batch, model.workload.latent]);
    const z: Matrix = tf.add(mean, tf.mul(tf.exp(tf.mul(logVar, 0.5)), noise));
    return tf.mean(tf.add(network.reconstruction(x, network.decode(z)), klOf(mean, logVar)));
  });
}

function iwae(model: Model, batch: number, samples: number): Promise<Task> {
  const network = new Network(model), x = inputOf(model, batch);
  const { inputs, latent } = model.workload;
  const repeat = (values: Matrix, width: number): Matrix =>
    tf.reshape(tf.tile(tf.expandDims(values, 1), [1, samples, 1]), [batch * samples, width]);
  return stepTask(network, () => {
    const q = network.encode(x);
    const mean = repeat(q.mean, latent), logVar = repeat(q.logVar, latent);
    const noise: Matrix = tf.randomNormal([batch * samples, latent]);
    const z: Matrix = tf.add(mean, tf.mul(tf.exp(tf.mul(logVar, 0.5)), noise));
    // ln p(z) - ln q(z | x): the constants cancel, and (z - μ) / σ is the noise.
    const ratio = tf.sub(tf.add(tf.square(noise), logVar), tf.square(z));
    const target = repeat(x, inputs);
    const logWeights = tf.sub(
      tf.mul(tf.sum(ratio, 1), 0.5),
      network.reconstruction(target, network.decode(z)),
    );
    return tf.neg(tf.mean(tf.logSumExp(tf.reshape(logWeights, [batch, samples]), 1)));
  });
}

function gemm(m: number, k: number, n: number): Task {
  const a = tf.tensor2d(someFloats(m * k), [m, k]), b = tf.tensor2d(someFloats(k * n), [k, n]);
  return { run: () => tf.matMul(a, b).dispose() };
}

await serve(async () => {
  await tf.setBackend("wasm");
  await tf.ready();
  const about = { threads: 1, tfjs: tf.version_core, backend: tf.getBackend() };
  return { about, score, train, iwae, gemm };
});
