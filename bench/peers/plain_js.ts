/** Peer: the loops of `plain_js_network.ts`. */
import { type Peer, type ScoreTask, serve, someFloats, type Task } from "./peer.ts";
import { firstRows, type Model } from "../lib/workloads.ts";
import { Adam, type Floats, multiply, Network } from "./plain_js_network.ts";

/** Reconstruction of one row, nats. */
function reconstruction(model: Model, x: Floats, row: number, out: Floats, at: number): number {
  const { inputs, likelihood } = model.workload;
  let sum = 0;
  for (let c = 0; c < inputs; c++) {
    const value = x[row * inputs + c], y = out[at * inputs + c];
    if (likelihood === "gaussian") sum += 0.5 * (value - y) ** 2;
    else sum += Math.max(y, 0) + Math.log1p(Math.exp(-Math.abs(y))) - value * y;
  }
  return sum;
}

/** d reconstruction / d output, times `scale[row]`. */
function gradOfReconstruction(network: Network, x: Floats, out: Floats, scale: Floats): Floats {
  const { inputs, likelihood } = network.model.workload;
  return out.map((y, i) => {
    const row = Math.floor(i / inputs), from = Math.floor(row / network.samples) * inputs;
    const value = x[from + i % inputs];
    return scale[row] * (likelihood === "gaussian" ? y - value : 1 / (1 + Math.exp(-y)) - value);
  });
}

function score(model: Model, batch: number): ScoreTask {
  const network = new Network(model, batch), rows = firstRows(model, batch);
  const { latent } = model.workload;
  const scores = new Float32Array(batch);
  return {
    scores,
    run() {
      network.encode(rows);
      network.z.set(network.mean.out);
      const out = network.decode();
      for (let r = 0; r < batch; r++) {
        let kl = 0;
        for (let l = r * latent; l < (r + 1) * latent; l++) {
          const mean = network.mean.out[l], logVar = network.logVar.out[l];
          kl += 0.5 * (mean * mean + Math.exp(logVar) - logVar - 1);
        }
        scores[r] = reconstruction(model, rows, r, out, r) + kl;
      }
    },
  };
}

function train(model: Model, batch: number) {
  const network = new Network(model, batch), x = firstRows(model, batch);
  const adam = new Adam(network.layers), scale = new Float32Array(batch).fill(1 / batch);
  return {
    run() {
      network.encode(x);
      network.draw();
      const grad = gradOfReconstruction(network, x, network.decode(), scale);
      const gradMean = network.mean.out.map((mean) => mean / batch);
      const gradLogVar = network.logVar.out.map((lv) => 0.5 * (Math.exp(lv) - 1) / batch);
      network.backward(x, grad, gradMean, gradLogVar);
      adam.step();
    },
    weights: () => Promise.resolve(network.layers.flatMap(({ weight, bias }) => [weight, bias])),
  };
}

/** ln w = ln p(x | z) + ln p(z) - ln q(z | x); the last is -½ Σ ε² + ln σ², as z follows ε. */
function iwae(model: Model, batch: number, samples: number): Task {
  const network = new Network(model, batch, samples), x = firstRows(model, batch);
  const { latent } = model.workload, adam = new Adam(network.layers);
  return {
    run() {
      network.encode(x);
      network.draw();
      const out = network.decode();
      const logWeights = new Float32Array(batch * samples).map((_, s) => {
        const row = Math.floor(s / samples);
        let sum = -reconstruction(model, x, row, out, s);
        for (let l = 0; l < latent; l++) {
          const z = network.z[s * latent + l], noise = network.noise[s * latent + l];
          sum += 0.5 * (noise * noise + network.logVar.out[row * latent + l] - z * z);
        }
        return sum;
      });
      const shares = softmaxOverSamples(logWeights, samples).map((share) => share / batch);
      const grad = gradOfReconstruction(network, x, out, shares);
      const gradMean = new Float32Array(batch * latent), gradLogVar = gradMean.slice();
      priorGradient(network, shares, gradMean, gradLogVar);
      network.backward(x, grad, gradMean, gradLogVar);
      adam.step();
    },
  };
}

function softmaxOverSamples(logWeights: Floats, samples: number): Floats {
  const shares = new Float32Array(logWeights.length);
  for (let first = 0; first < shares.length; first += samples) {
    const some = logWeights.subarray(first, first + samples), most = Math.max(...some);
    let sum = 0;
    for (const value of some) sum += Math.exp(value - most);
    for (let k = 0; k < samples; k++) shares[first + k] = Math.exp(some[k] - most) / sum;
  }
  return shares;
}

/** What ln p(z) - ln q(z | x) adds to the gradients by μ and ln σ². */
function priorGradient(
  network: Network,
  shares: Floats,
  gradMean: Floats,
  gradLogVar: Floats,
): void {
  const { latent } = network.model.workload;
  for (let i = 0; i < network.z.length; i++) {
    const s = Math.floor(i / latent);
    const at = Math.floor(s / network.samples) * latent + i % latent;
    const sigma = Math.exp(0.5 * network.logVar.out[at]);
    gradMean[at] += shares[s] * network.z[i];
    gradLogVar[at] += shares[s] * 0.5 * (network.z[i] * sigma * network.noise[i] - 1);
  }
}

function gemm(m: number, k: number, n: number): Task {
  const a = someFloats(m * k), b = someFloats(k * n), out = new Float32Array(m * n);
  return { run: () => multiply(a, b, out, m, k, n) };
}

if (import.meta.main) {
  const peer: Peer = { about: { threads: 1 }, score, train, iwae, gemm };
  await serve(() => peer);
}
