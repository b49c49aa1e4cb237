/**
 * A VAE in loops of plain JavaScript over Float32Arrays, as one writes them without a library, with inner loops along
 * rows of memory: layers, their gradients, Adam. Noise by Box-Muller from the host's random numbers.
 */
import { ADAM, layersOf, type Model } from "../lib/workloads.ts";

export type Floats = Float32Array<ArrayBuffer>;

/** One layer y = f(x W + b) with the state of its backward pass. */
class Dense {
  readonly weight: Floats;
  readonly bias: Floats;
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: "identity" | "tanh" | "relu";
  readonly gradWeight: Floats;
  readonly gradBias: Floats;
  readonly out: Floats;
  readonly gradIn: Floats;

  constructor(
    weight: Floats,
    bias: Floats,
    inputs: number,
    outputs: number,
    activation: "identity" | "tanh" | "relu",
    rows: number,
    isFirst: boolean,
  ) {
    this.weight = weight;
    this.bias = bias;
    this.inputs = inputs;
    this.outputs = outputs;
    this.activation = activation;
    this.gradWeight = new Float32Array(weight.length);
    this.gradBias = new Float32Array(outputs);
    this.out = new Float32Array(rows * outputs);
    // The gradient by the data is not needed.
    this.gradIn = new Float32Array(isFirst ? 0 : rows * inputs);
  }

  forward(x: Floats, rows: number): Floats {
    const { weight, bias, out, inputs, outputs, activation } = this;
    multiply(x, weight, out, rows, inputs, outputs, bias);
    if (activation === "tanh") { for (let i = 0; i < out.length; i++) out[i] = Math.tanh(out[i]); }
    if (activation === "relu") {
      for (let i = 0; i < out.length; i++) {
        out[i] = Math.max(0, out[i]);
      }
    }
    return out;
  }

  /** From d loss/d out to the gradients of weight, bias and x; overwrites `grad`. */
  backward(x: Floats, grad: Floats, rows: number): Floats {
    const { weight, gradWeight, gradBias, gradIn, out, inputs, outputs, activation } = this;
    if (activation === "tanh") {
      for (let i = 0; i < grad.length; i++) grad[i] *= 1 - out[i] * out[i];
    }
    if (activation === "relu") {
      for (let i = 0; i < grad.length; i++) {
        if (out[i] <= 0) grad[i] = 0;
      }
    }
    gradWeight.fill(0);
    gradBias.fill(0);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < outputs; c++) gradBias[c] += grad[r * outputs + c];
      for (let k = 0; k < inputs; k++) {
        const value = x[r * inputs + k];
        for (let c = 0; c < outputs; c++) {
          gradWeight[k * outputs + c] += value * grad[r * outputs + c];
        }
      }
      for (let k = 0; k < gradIn.length / rows; k++) {
        let sum = 0;
        for (let c = 0; c < outputs; c++) sum += weight[k * outputs + c] * grad[r * outputs + c];
        gradIn[r * inputs + k] = sum;
      }
    }
    return gradIn;
  }
}

/** out = a b (+ bias). */
export function multiply(
  a: Floats,
  b: Floats,
  out: Floats,
  m: number,
  k: number,
  n: number,
  bias?: Floats,
) {
  for (let r = 0; r < m; r++) {
    for (let c = 0; c < n; c++) out[r * n + c] = bias ? bias[c] : 0;
    for (let i = 0; i < k; i++) {
      const value = a[r * k + i];
      for (let c = 0; c < n; c++) out[r * n + c] += value * b[i * n + c];
    }
  }
}

/** A VAE for batches of `rows` rows with `samples` draws each. */
export class Network {
  readonly model: Model;
  readonly rows: number;
  readonly samples: number;
  readonly encoder: Dense[];
  readonly mean: Dense;
  readonly logVar: Dense;
  readonly decoder: Dense[];
  readonly z: Floats;
  readonly noise: Floats;

  constructor(model: Model, rows: number, samples = 1) {
    this.model = model;
    this.rows = rows;
    this.samples = samples;
    const { workload: { hidden, activation }, weights } = model;
    const layers = layersOf(model.workload).map(([inputs, outputs], i, all) => {
      const linear = i === hidden.length || i === hidden.length + 1 || i === all.length - 1;
      const count = i < hidden.length + 2 ? rows : rows * samples;
      const [weight, bias] = [weights[2 * i].slice(), weights[2 * i + 1].slice()];
      const kind = linear ? "identity" : activation;
      return new Dense(weight, bias, inputs, outputs, kind, count, i === 0);
    });
    this.encoder = layers.slice(0, hidden.length);
    [this.mean, this.logVar] = layers.slice(hidden.length, hidden.length + 2);
    this.decoder = layers.slice(hidden.length + 2);
    this.z = new Float32Array(rows * samples * model.workload.latent);
    this.noise = new Float32Array(this.z.length);
  }

  get layers(): Dense[] {
    return [...this.encoder, this.mean, this.logVar, ...this.decoder];
  }

  encode(x: Floats): void {
    const last = this.encoder.reduce((h, layer) => layer.forward(h, this.rows), x);
    this.mean.forward(last, this.rows);
    this.logVar.forward(last, this.rows);
  }

  decode(): Floats {
    const rows = this.rows * this.samples;
    return this.decoder.reduce((h, layer) => layer.forward(h, rows), this.z);
  }

  /** z = μ + σ ε. */
  draw(): void {
    const { latent } = this.model.workload;
    fillNormal(this.noise);
    for (let i = 0; i < this.z.length; i++) {
      const at = Math.floor(i / latent / this.samples) * latent + i % latent;
      this.z[i] = this.mean.out[at] + Math.exp(0.5 * this.logVar.out[at]) * this.noise[i];
    }
  }

  /** From d loss/d output of the decoder; `gradMean` and `gradLogVar` contain the other parts. */
  backward(x: Floats, gradOut: Floats, gradMean: Floats, gradLogVar: Floats): void {
    const { latent } = this.model.workload;
    const gradZ = backThrough(this.decoder, this.z, gradOut, this.rows * this.samples);
    for (let i = 0; i < this.z.length; i++) {
      const at = Math.floor(i / latent / this.samples) * latent + i % latent;
      gradMean[at] += gradZ[i];
      gradLogVar[at] += gradZ[i] * 0.5 * Math.exp(0.5 * this.logVar.out[at]) * this.noise[i];
    }
    const last = this.encoder.at(-1)?.out ?? x;
    const grad = this.mean.backward(last, gradMean, this.rows);
    const more = this.logVar.backward(last, gradLogVar, this.rows);
    for (let i = 0; i < grad.length; i++) grad[i] += more[i];
    backThrough(this.encoder, x, grad, this.rows);
  }
}

function backThrough(layers: Dense[], x: Floats, grad: Floats, rows: number): Floats {
  for (let i = layers.length - 1; i >= 0; i--) {
    grad = layers[i].backward(i > 0 ? layers[i - 1].out : x, grad, rows);
  }
  return grad;
}

function fillNormal(out: Floats): void {
  for (let i = 0; i < out.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
    const angle = 2 * Math.PI * Math.random();
    out[i] = radius * Math.cos(angle);
    if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
  }
}

export class Adam {
  readonly #moments: { values: Floats; grad: Floats; m: Floats; v: Floats }[];
  #step = 0;

  constructor(layers: Dense[]) {
    this.#moments = layers.flatMap(({ weight, bias, gradWeight, gradBias }) =>
      [[weight, gradWeight], [bias, gradBias]].map(([values, grad]) => ({
        values,
        grad,
        m: new Float32Array(values.length),
        v: new Float32Array(values.length),
      }))
    );
  }

  step(): void {
    const { rate, beta1, beta2, epsilon } = ADAM;
    this.#step++;
    const one = 1 - beta1 ** this.#step, two = 1 - beta2 ** this.#step;
    for (const { values, grad, m, v } of this.#moments) {
      for (let i = 0; i < values.length; i++) {
        m[i] = beta1 * m[i] + (1 - beta1) * grad[i];
        v[i] = beta2 * v[i] + (1 - beta2) * grad[i] * grad[i];
        values[i] -= rate * (m[i] / one) / (Math.sqrt(v[i] / two) + epsilon);
      }
    }
  }
}
