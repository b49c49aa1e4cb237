/**
 * The work that all programs do: four VAEs from small to medium, and their batches.
 *
 *   score  x → encoder → (μ, ln σ²), z = μ → decoder → reconstruction + KL per row; copying rows in
 *          and scores out is part of the time
 *          gaussian ½ Σ (x - x̂)², bernoulli Σ softplus(l) - x l, KL ½ Σ μ² + σ² - ln σ² - 1
 *   train  z = μ + σ ε with new ε, mean over the batch of reconstruction + KL, backward, Adam
 *          (1e-3, 0.9, 0.999, 1e-8); the batch is in the program's memory, the loss is not read back
 *   iwae   50 draws per row, batch 20: -mean ln (1/K Σ w), backward, Adam
 *   gemm   A [M, K] times B [K, N]
 *   cold   from the start of a process to its first score
 */

/** A VAE of dense layers with biases; the decoder's hidden layers mirror the encoder's. */
export interface Workload {
  readonly name: string;
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly latent: number;
  readonly activation: "tanh" | "relu";
  readonly likelihood: "gaussian" | "bernoulli";
}

const gaussian = { likelihood: "gaussian" } as const,
  bernoulli = { likelihood: "bernoulli" } as const;

// deno-fmt-ignore
/** W1: a few sensors, W2: a table, W3: PyTorch's MNIST example, W3b: the MNIST model of IWAE's authors. */
export const WORKLOADS: readonly Workload[] = [
  { name: "W1", inputs: 32, hidden: [64], latent: 8, activation: "tanh", ...gaussian },
  { name: "W2", inputs: 128, hidden: [256], latent: 32, activation: "relu", ...gaussian },
  { name: "W3", inputs: 784, hidden: [400], latent: 20, activation: "relu", ...bernoulli },
  { name: "W3b", inputs: 784, hidden: [200, 200], latent: 50, activation: "tanh", ...bernoulli },
];

const SCORE_BATCHES: readonly number[] = [1, 64, 1024];
const TRAIN_BATCHES: readonly number[] = [32, 128, 512];
export const IWAE = { workload: "W3b", batch: 20, samples: 50 } as const;
export const ADAM = { rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** M, K, N. The first seven are products of matrices, the last four of a row and a matrix. */
export const GEMM_SHAPES: readonly (readonly [m: number, k: number, n: number])[] = [
  [128, 784, 400],
  [128, 400, 784],
  [512, 512, 512],
  [1024, 784, 400],
  [128, 128, 256],
  [128, 32, 64],
  [32, 784, 400],
  [1, 784, 400],
  [1, 400, 784],
  [1, 128, 256],
  [1, 32, 64],
];

export type Kind = "score" | "train" | "iwae" | "gemm" | "cold";
export const KINDS: readonly Kind[] = ["score", "train", "iwae", "gemm", "cold"];

/** The workload for a kind that uses only one. */
export const ONLY_ON: Readonly<Partial<Record<Kind, string>>> = { iwae: IWAE.workload, cold: "W3" };

/** The cases of a kind, by name: its batch, or its shape. */
export function casesOf(kind: Kind): string[] {
  switch (kind) {
    case "score":
      return SCORE_BATCHES.map(String);
    case "train":
      return TRAIN_BATCHES.map(String);
    case "iwae":
      return [String(IWAE.batch)];
    case "gemm":
      return GEMM_SHAPES.map((shape) => shape.join("x"));
    case "cold":
      return ["ready", "first score", "next 99"];
  }
}

/** Widths of every layer in and out: encoder, mean, log-variance, decoder, output. */
export function layersOf({ inputs, hidden, latent }: Workload): [number, number][] {
  const chain = (widths: readonly number[]) =>
    widths.slice(1).map((width, i): [number, number] => [widths[i], width]);
  const last = hidden.at(-1) ?? inputs;
  return [
    ...chain([inputs, ...hidden]),
    [last, latent],
    [last, latent],
    ...chain([latent, ...hidden, inputs]),
  ];
}

/** A workload with the weights and rows that all programs share. */
export interface Model {
  readonly workload: Workload;
  /** For each layer W `[in, out]` row-major, then b. */
  readonly weights: readonly Float32Array<ArrayBuffer>[];
  /** ROWS rows. */
  readonly rows: Float32Array<ArrayBuffer>;
}

/** Rows of data stored with each model. */
export const ROWS = 1024;

/** A model in a folder: float32 values, weights in the order of `Model`. */
export function pathsOf(folder: string, name: string): { weights: string; rows: string } {
  return { weights: `${folder}/${name}.weights.f32`, rows: `${folder}/${name}.rows.f32` };
}

/** Reads a model from a folder; weights are read when needed. @param count number of rows */
export function readModel(folder: string, name: string, count = ROWS): Model {
  const workload = WORKLOADS.find((each) => each.name === name);
  if (!workload) throw new RangeError(`Cannot read model: there is no workload "${name}"`);
  const paths = pathsOf(folder, name);
  let weights: Model["weights"] | undefined;
  return {
    workload,
    get weights() {
      return weights ??= splitWeights(workload, readFloats(paths.weights));
    },
    rows: readFloats(paths.rows, count * workload.inputs),
  };
}

function splitWeights(workload: Workload, all: Float32Array<ArrayBuffer>): Model["weights"] {
  let at = 0;
  const take = (length: number) => all.slice(at, at += length);
  return layersOf(workload).flatMap(([inputs, outputs]) => [take(inputs * outputs), take(outputs)]);
}

export function firstRows({ rows, workload }: Model, count: number): Float32Array<ArrayBuffer> {
  return rows.slice(0, count * workload.inputs);
}

function readFloats(path: string, count?: number): Float32Array<ArrayBuffer> {
  if (count === undefined) return new Float32Array(Deno.readFileSync(path).buffer);
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(4 * count);
  for (let at = 0; at < bytes.length;) at += file.readSync(bytes.subarray(at)) ?? bytes.length;
  return new Float32Array(bytes.buffer);
}
